"""The Python programs that the forms of `fedctl records` are meant for, driven by name; one JSON on stdout.

Each prints a list of [name, type, ttl, value], the value as the program understood it.
"""

import argparse
import json
import os
import sys

ZONE = "mydomain.com"


def boto3(path):
    """Sends the change batch to moto's Route 53 server and lists what is there. botocore checks it against its schema."""
    os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = boto3.client("route53", endpoint_url=f"http://{host}:{port}")
        zone = client.create_hosted_zone(Name=ZONE, CallerReference="1")["HostedZone"]["Id"]
        with open(path) as file:
            client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=json.load(file))
        sets = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    finally:
        server.stop()
    return [
        [s["Name"], s["Type"], s["TTL"], record["Value"]]
        for s in sets
        if s["Type"] in ("SRV", "TXT")
        for record in s["ResourceRecords"]
    ]


def octodns(path):
    """Loads the zone with octoDNS's own validators, in strict order."""
    from octodns.provider.yaml import YamlProvider
    from octodns.zone import Zone

    provider = YamlProvider("config", path, default_ttl=1, enforce_order=True)
    zone = Zone(f"{ZONE}.", [])
    provider.populate(zone, lenient=False)
    out = []
    for record in zone.records:
        record.validate(record.name, record.fqdn, record.data)
        for value in record.values:
            if record._type == "SRV":
                value = f"{value.priority} {value.weight} {value.port} {value.target}"
            out.append([record.fqdn, record._type, record.ttl, str(value)])
    return out


def hcl(path):
    """The arguments of every resource, with Terraform's quotes taken off."""
    import hcl2

    def plain(value):
        if isinstance(value, dict):
            return {plain(key): plain(item) for key, item in value.items() if not key.startswith("__")}
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, str) and value.startswith('"'):
            return json.loads(value)
        return value

    with open(path) as file:
        resources = plain(hcl2.load(file))["resource"]
    return [body for resource in resources for kind in resource.values() for body in kind.values()]


def powershell(path):
    """Parses with the PowerShell grammar: assignments are followed, so the last word of each cmdlet is its real text."""
    import tree_sitter
    import tree_sitter_powershell

    with open(path, "rb") as file:
        source = file.read()
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(source)
    if tree.root_node.has_error:
        sys.exit("PowerShell's grammar does not accept the text")

    def nodes(node, kind):
        if node.type == kind:
            yield node
            return
        for child in node.children:
            yield from nodes(child, kind)

    def text(node):
        return source[node.start_byte : node.end_byte].decode()

    def verbatim(node):
        return text(node)[1:-1].replace("''", "'")

    variables = {}
    for node in nodes(tree.root_node, "assignment_expression"):
        name = text(next(nodes(node, "left_assignment_expression")))
        variables[name] = verbatim(next(nodes(node, "verbatim_string_characters")))
    out = []
    for node in nodes(tree.root_node, "command"):
        for string in nodes(node, "expandable_string_literal"):
            names = [name for name in text(string)[1:-1].replace("{", "").replace("}", "").split("`r`n")]
            out.append([variables[name] for name in names])
    return out


def azure(words):
    """What an option parser of the kind that az has makes of the words after `add-record`."""
    parser = argparse.ArgumentParser()
    for flag in ("-g", "-z", "-n", "-t", "-r", "-p", "-w"):
        parser.add_argument(flag)
    parser.add_argument("-v", nargs="+")
    return parser.parse_args(json.loads(words)).v


if __name__ == "__main__":
    print(json.dumps({f.__name__: f for f in (boto3, octodns, hcl, powershell, azure)}[sys.argv[1]](sys.argv[2])))
