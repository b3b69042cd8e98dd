# SPDX-License-Identifier: LGPL-2.1-or-later
"""The office's RADIUS servers for gateways in the lab, and the PostgreSQL behind them.

    office 10.77.0.10  FreeRADIUS        office 10.77.0.11  a second one, where a test starts it
"""
import contextlib
import os
import shutil

import coatigw
import login_lab
from coatilab import charon, net, world
from coatilab.tap import check
from coatilab.world import run, spawn, wait_for, write

FIRST, SECOND = net.OFFICE_IP, '10.77.0.11'
FOLDER, SECRET_FILE = '/run/radius', f'{coatigw.FOLDER}/radius-secret'
CLIENTS = ('10.77.0.1', '10.78.0.1')
SQL_CONF = '/etc/freeradius/3.0/mods-config/sql'
POSTGRES = '/run/postgres'

# What gateways say of them: FIRST serves logins and accounting.
GATEWAY = {'login_source': 'radius', 'login_users_file': None, 'login_radius_servers': FIRST,
           'login_radius_secret_file': SECRET_FILE, 'accounting_radius_servers': FIRST}
SECRETS = {'radius-secret': login_lab.SECRET + '\n'}

# Every answer has its Message-Authenticator: Debian's server adds none by itself.
SIGN = 'update reply {\n&Message-Authenticator := 0x00\n}\n'

MODULES = '''
    expr {{
    }}
    sql {{
        dialect = "postgresql"
        driver = "rlm_sql_postgresql"
        server = "{postgres}"
        login = "postgres"
        radius_db = "postgres"
        acct_table1 = "radacct"
        acct_table2 = "radacct"
        postauth_table = "radpostauth"
        authcheck_table = "radcheck"
        groupcheck_table = "radgroupcheck"
        authreply_table = "radreply"
        groupreply_table = "radgroupreply"
        usergroup_table = "radusergroup"
        client_table = "nas"
        group_attribute = "SQL-Group"
        read_groups = no
        read_profiles = no
        delete_stale_sessions = no
        pool {{
            start = 2
            min = 1
            max = 4
            spare = 2
            uses = 0
            retry_delay = 1
            lifetime = 0
            idle_timeout = 0
        }}
        $INCLUDE {conf}/main/postgresql/queries.conf
    }}
    sqlippool {{
        sql_module_instance = "sql"
        dialect = "postgresql"
        pool_name = "Pool-Name"
        ippool_table = "radippool"
        lease_duration = 600
        allocate_clear_timeout = 1
        attribute_name = Framed-IP-Address
        req_attribute_name = Framed-IP-Address
        pool_key = "%{{NAS-Port}}"
        messages {{
        }}
        $INCLUDE {conf}/ippool/postgresql/queries.conf
    }}
'''
POOL = 'update control {\n&Pool-Name := "office"\n}\nsqlippool\n'
UNIQUE = ('update request {\n&Acct-Unique-Session-Id := '
          '"%{md5:%{Acct-Session-Id} %{NAS-IP-Address}}"\n}\n')


def radius(users, address=FIRST, sign=SIGN, **options):
    """Where no test says otherwise, all answers are signed."""
    shutil.rmtree(f'{FOLDER}/{address}', ignore_errors=True)
    options['post_auth'] = sign + options.get('post_auth', '')
    return login_lab.Radius(FOLDER, address, users, clients=CLIENTS, inside=net.inside('office'),
                            **options)


@contextlib.contextmanager
def running(*servers):
    for server in servers:
        server.start()
    try:
        yield
    finally:
        for server in servers:
            server.stop()


def sql_radius(users):
    """With addresses out of radippool, and accounting in radacct."""
    return radius(users, post_auth=POOL, accounting=UNIQUE + 'sql\nsqlippool\n',
                  modules=MODULES.format(postgres=POSTGRES, conf=SQL_CONF))


def user(name, password, *reply):
    return f'{name} Cleartext-Password := "{password}"\n' + (
        '\t' + ',\n\t'.join(reply) + '\n' if reply else '') + '\n'


def alice(*reply):
    return user('alice', charon.PASSWORD, *reply)


class Database:
    """A PostgreSQL in the office, as its own user, without a network."""

    def __enter__(self):
        bindir = sorted(os.listdir('/usr/lib/postgresql'))[-1]
        self.program = f'/usr/lib/postgresql/{bindir}/bin/'
        os.makedirs(POSTGRES)
        coatigw.own(POSTGRES, 0o755, 'postgres')
        run(*self._as_postgres('initdb', '-D', f'{POSTGRES}/data', '-A', 'trust', '--no-sync',
                               '--no-locale', '-E', 'UTF8'))
        self.process = spawn('postgres', *self._as_postgres(
            'postgres', '-D', f'{POSTGRES}/data', '-k', POSTGRES, '-c', 'listen_addresses=',
            '-c', 'fsync=off'))
        wait_for('PostgreSQL', lambda: run(
            'pg_isready', '-q', '-h', POSTGRES, check=False).returncode == 0, 20)
        for part in ('main', 'ippool'):
            self.ask(world.read(f'{SQL_CONF}/{part}/postgresql/schema.sql'))
        return self

    def __exit__(self, *_):
        world.stop(self.process)

    def _as_postgres(self, program, *args):
        return ('setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups',
                self.program + program, *args)

    def ask(self, text):
        """Rows as lists of texts."""
        done = run('psql', '-h', POSTGRES, '-U', 'postgres', '-qtAX', '-F', '\t', '-v',
                   'ON_ERROR_STOP=1', input=text, env={**os.environ, 'HOME': '/run'})
        return [line.split('\t') for line in done.stdout.splitlines() if line]

    def fill_pool(self, addresses):
        self.ask(''.join('INSERT INTO radippool (pool_name, framedipaddress, expiry_time) '
                         f"VALUES ('office', '{address}', now() - interval '1 day');\n"
                         for address in addresses))


def stops(server):
    """Acct-Session-Id -> number of its Stops, of all that were started."""
    found = {}
    for record in server.details():
        session = record.get('Acct-Session-Id')
        if record['Acct-Status-Type'] == 'Start':
            found.setdefault(session, 0)
        if record['Acct-Status-Type'] == 'Stop':
            found[session] = found.get(session, 0) + 1
    return found


def of(server, status, **wanted):
    """The records of that Acct-Status-Type with these attributes (_ for -)."""
    return [record for record in server.details() if record['Acct-Status-Type'] == status
            and all(record.get(name.replace('_', '-')) == value for name, value in wanted.items())]


def wait_of(server, status, count=1, seconds=15, **wanted):
    wait_for(f'{count} {status} {wanted}', lambda: len(of(server, status, **wanted)) >= count,
             seconds)
    found = of(server, status, **wanted)
    check(len(found) == count, f'{len(found)} {status}, not {count}', found)
    return found


def control(kind, **attributes):
    """radclient's Disconnect or CoA to the gateway; TRUE when it was done."""
    text = ''.join(f'{name.replace("_", "-")} = "{value}"\n' for name, value in attributes.items())
    write(f'{FOLDER}/control-secret', login_lab.SECRET + '\n', 0o600)
    done = net.on('office', 'radclient', '-x', '-r', '2', '-t', '3', '-S', f'{FOLDER}/control-secret',
                  f'{net.GATEWAY_IP}:3799', kind, input=text, check=False)
    return 'ACK' in done.stdout and 'NAK' not in done.stdout, done.stdout
