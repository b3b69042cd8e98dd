# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test certificates, made with openssl once per build folder.

    ca            issues gw (named as the gateway), gw-name (another name), gw-expired, gw-future,
                  gw-weak, gw-revoked (in ca.crl), alice, and
    int           an intermediate CA, which issues gw-int
    other-ca      issues gw-other, with the gateway's name
"""
import fcntl
import os

from . import net
from .world import run, write

BUILD = os.environ.get('COATI_BUILD_DIR') or '/run/lab'
FOLDER = os.path.join(BUILD, 'lab-pki')
KEY = ('-newkey', 'rsa:2048', '-nodes', '-sha256')


def path(name):
    return os.path.join(FOLDER, name)


def _root(name, common_name):
    run('openssl', 'req', '-x509', *KEY, '-days', '3650', '-subj', f'/C=XX/O=Lab/CN={common_name}',
        '-keyout', path(name + '.key'), '-out', path(name + '.crt'))


def _issue(name, issuer, common_name, extensions, *dates):
    run('openssl', 'req', '-new', *KEY, '-subj', f'/C=XX/O=Lab/CN={common_name}',
        '-keyout', path(name + '.key'), '-out', path(name + '.csr'))
    write(path(name + '.ext'), '\n'.join(extensions) + '\n')
    run('openssl', 'x509', '-req', '-in', path(name + '.csr'), '-CA', path(issuer + '.crt'),
        '-CAkey', path(issuer + '.key'), '-CAcreateserial', '-sha256', '-extfile',
        path(name + '.ext'), '-out', path(name + '.crt'), *(dates or ('-days', '3650')))


def _ca(issuer, *arguments):
    """The small CA command of openssl knows dates and revocation, which openssl x509 does not."""
    run('openssl', 'ca', '-batch', '-config', path('ca.cnf'), '-cert', path(issuer + '.crt'),
        '-keyfile', path(issuer + '.key'), *arguments)


def _dated(name, issuer, common_name, extensions, start, end):
    _issue(name, issuer, common_name, extensions)
    write(path('ca.cnf'), f"""
[ca]
default_ca = lab
[lab]
database = {path('ca.index')}
serial = {path('ca.serial')}
new_certs_dir = {FOLDER}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
organizationName = optional
countryName = optional
""")
    write(path('ca.index'), '')
    write(path('ca.serial'), '4711\n')
    _ca(issuer, '-in', path(name + '.csr'), '-out', path(name + '.crt'), '-notext', '-extfile',
        path(name + '.ext'), '-startdate', start, '-enddate', end)


def _weak(name, issuer, common_name, extensions):
    """RSA with 1024 bits, as old gateways have it."""
    _issue(name, issuer, common_name, extensions)
    run('openssl', 'req', '-new', '-newkey', 'rsa:1024', '-nodes', '-subj',
        f'/C=XX/O=Lab/CN={common_name}', '-keyout', path(name + '.key'), '-out',
        path(name + '.csr'))
    run('openssl', 'x509', '-req', '-in', path(name + '.csr'), '-CA', path(issuer + '.crt'),
        '-CAkey', path(issuer + '.key'), '-CAcreateserial', '-sha256', '-extfile',
        path(name + '.ext'), '-out', path(name + '.crt'), '-days', '3650')


def make():
    with open(FOLDER + '.lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path('alice.crt')):
            os.makedirs(FOLDER, mode=0o700, exist_ok=True)
            _make_all()
        if not os.path.exists(path('ca.crl')):
            _make_bad()


SERVER = ['extendedKeyUsage=serverAuth', 'basicConstraints=CA:FALSE']
NAMED = [f'subjectAltName=DNS:{net.GATEWAY_NAME},IP:{net.GATEWAY_IP}', *SERVER]


def _make_bad():
    _dated('gw-future', 'ca', net.GATEWAY_NAME, NAMED, '20400101000000Z', '20410101000000Z')
    _weak('gw-weak', 'ca', net.GATEWAY_NAME, NAMED)
    _issue('gw-revoked', 'ca', net.GATEWAY_NAME, NAMED)
    _ca('ca', '-revoke', path('gw-revoked.crt'))
    _ca('ca', '-gencrl', '-crldays', '3650', '-out', path('ca.crl'))


def _make_all():
    server, named = SERVER, NAMED
    _root('ca', 'Lab CA')
    _root('other-ca', 'Other CA')
    _issue('gw', 'ca', net.GATEWAY_NAME, named)
    _issue('gw-name', 'ca', 'mail.example.org', ['subjectAltName=DNS:mail.example.org', *server])
    _issue('gw-other', 'other-ca', net.GATEWAY_NAME, named)
    _dated('gw-expired', 'ca', net.GATEWAY_NAME, named, '20200101000000Z', '20210101000000Z')
    _issue('int', 'ca', 'Lab Intermediate CA', ['basicConstraints=critical,CA:TRUE,pathlen:0',
                                                'keyUsage=critical,keyCertSign,cRLSign'])
    _issue('gw-int', 'int', net.GATEWAY_NAME, named)
    _issue('alice', 'ca', 'alice', ['subjectAltName=email:alice@example.org',
                                    'extendedKeyUsage=clientAuth', 'basicConstraints=CA:FALSE'])
