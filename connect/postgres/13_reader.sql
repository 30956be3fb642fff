-- The role that dashboards read with: every table of the schema, nothing to write, and no query
-- that runs for ever. It cannot log in until it is given a password (./orderflow dashboards does).

SET client_min_messages = warning;

DO $$
BEGIN
    CREATE ROLE orderflow_reader NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- Everyone may make temporary tables and large objects until told otherwise; a read-only transaction
-- is but a default, and does not hinder the latter.
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

ALTER ROLE orderflow_reader SET default_transaction_read_only = on;
ALTER ROLE orderflow_reader SET statement_timeout = '60s';
ALTER ROLE orderflow_reader SET work_mem = '32MB';
GRANT USAGE ON SCHEMA public TO orderflow_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO orderflow_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO orderflow_reader;

COMMENT ON ROLE orderflow_reader IS 'Reads for dashboards; see connect/postgres/13_reader.sql';
