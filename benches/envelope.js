// The node-rsa side of envelope.rs: prints the medians of sealing and opening, in milliseconds, as JSON.
'use strict';
const NodeRSA = require('node-rsa');
const [rounds, { from, to, length }] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const priv = (pem) => new NodeRSA(pem, 'pkcs8-private-pem'), pub = (pem) => new NodeRSA(pem, 'pkcs8-public-pem');
const keys = { from: priv(from.private), fromPublic: pub(from.public), to: priv(to.private), toPublic: pub(to.public) };
const message = Buffer.alloc(length, 'x');
const seal = () => keys.from.encryptPrivate(keys.toPublic.encrypt(message));
const sealed = seal();
const open = () => keys.to.decrypt(keys.fromPublic.decryptPublic(sealed));
const median = (work) => {
    const times = Array.from({ length: rounds }, () => {
        const start = process.hrtime.bigint();
        work();
        return Number(process.hrtime.bigint() - start) / 1e6;
    });
    return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
};
median(seal);
console.log(JSON.stringify({ seal: median(seal), open: median(open) }));
