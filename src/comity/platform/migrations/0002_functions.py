"""Functions of the database itself, and the table of counters."""

from django.db import migrations

# PostgreSQL 18 has uuidv7(); 15 to 17 get the same layout (RFC 9562) from a random one.
UUID7 = """
DO $do$ BEGIN
IF current_setting('server_version_num')::int >= 180000 THEN
    CREATE OR REPLACE FUNCTION comity_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
        AS 'SELECT uuidv7()';
ELSE
    CREATE OR REPLACE FUNCTION comity_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT encode(
            set_bit(set_bit(
                overlay(uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6),
                52, 1), 53, 1), 'hex')::uuid $$;
END IF;
END $do$;
"""

CACHE = """
CREATE TABLE comity_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX comity_cache_expires ON comity_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial"), ("procrastinate", "0041_post_retry_failed_job")]

    operations = [
        migrations.RunSQL(UUID7, "DROP FUNCTION IF EXISTS comity_uuid7()"),
        migrations.RunSQL(CACHE, "DROP TABLE comity_cache"),
    ]
