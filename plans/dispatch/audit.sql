-- An audit of the reference migration that shares no code with Godwit: plain SQL computes from the legacy tables which rows the target
-- should hold and which were to be rejected, and compares both ways, over all columns, row by row.
--
--   psql -d dispatch_target -v source_host=… -v source_port=5432 -v source_db=dispatch_legacy -v source_user=… \
--        [-v source_password=…] -f audit.sql
--
-- source_host and source_port are as the target's *server* sees them (postgres_fdw). Everything is made in the schemas audit and
-- audit_source, which may be dropped afterwards. Of Godwit it uses godwit.uuid(entity, id) and the table godwit.rejects. Run it before
-- the new application writes. Ends with an error, so with a status other than 0, when anything differs.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?source_password}
\else
    \set source_password ''
\endif

SET client_min_messages = warning;
SET work_mem = '512MB';
SET hash_mem_multiplier = 2;
SET maintenance_work_mem = '256MB';
SET synchronous_commit = off;
SET jit = off;
SET row_security = off;
SET search_path = public;

DROP SCHEMA IF EXISTS audit CASCADE;
DROP SCHEMA IF EXISTS audit_source CASCADE;
CREATE SCHEMA audit;
CREATE SCHEMA audit_source;

CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA audit_source;
DROP SERVER IF EXISTS audit_source CASCADE;
CREATE SERVER audit_source FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host :'source_host', port :'source_port', dbname :'source_db', fetch_size '10000', use_remote_estimate 'true', updatable 'false');
CREATE USER MAPPING FOR CURRENT_USER SERVER audit_source OPTIONS (user :'source_user', password :'source_password');
IMPORT FOREIGN SCHEMA public FROM SERVER audit_source INTO audit_source;

-- ------------------------------------------------------------------------------------------------------ what judges a row

-- The text as jsonb, NULL where PostgreSQL refuses it.
CREATE FUNCTION audit.try_jsonb(value text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN value::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$;

-- The source's wall clock as a point in time.
CREATE FUNCTION audit.moment(wall timestamp) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN wall AT TIME ZONE 'Europe/Berlin';

-- Why a row with this reference can't be migrated, NULL if it can.
CREATE FUNCTION audit.judge(parent_id bigint, found bigint, required boolean) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN parent_id IS NULL THEN CASE WHEN required THEN 'null_value' END
                WHEN found IS NULL THEN 'orphan' END;

-- Why a row with this code can't be migrated, NULL if it can.
CREATE FUNCTION audit.judge_code(code text, label text, required boolean) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN code IS NULL THEN CASE WHEN required THEN 'null_value' END
                WHEN label IS NULL THEN 'unmapped_value' END;

CREATE FUNCTION audit.order_status(code integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ('{draft,submitted,in_production,shipped,completed,cancelled}'::text[])[code];
CREATE FUNCTION audit.case_status(code integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ('{planned,in_review,approved,in_treatment,finished,cancelled}'::text[])[code];

-- One row per entity; `want_ENTITY` holds a row for every source row that the plan's `where` lets through: its key, the reason for which
-- it was to be rejected (NULL: it was to be migrated), and the columns of the target as they should be.
CREATE TABLE audit.entities (
    position integer GENERATED ALWAYS AS IDENTITY,
    entity text PRIMARY KEY,
    target regclass NOT NULL,
    source_table text NOT NULL,
    source_rows bigint NOT NULL
);
-- Rows that the plan filters on purpose.
CREATE UNLOGGED TABLE audit.filtered (entity text NOT NULL, key bigint NOT NULL);

-- Called when want_ENTITY is complete: keeps the keys that are going to be there, which is what decides about orphans further down.
CREATE PROCEDURE audit.settle(entity text, target regclass, source_table text) LANGUAGE plpgsql AS $$
DECLARE
    source_rows bigint;
    wanted bigint;
BEGIN
    EXECUTE format('CREATE UNLOGGED TABLE audit.%I AS SELECT key FROM audit.%I WHERE reason IS NULL', 'has_' || entity, 'want_' || entity);
    EXECUTE format('ANALYZE audit.%I (key), audit.%I', 'want_' || entity, 'has_' || entity);
    EXECUTE format('SELECT count(*) FROM audit_source.%I', source_table) INTO source_rows;
    EXECUTE format('SELECT count(*) FROM audit.%I', 'want_' || entity) INTO wanted;
    SELECT wanted + count(*) INTO wanted FROM audit.filtered f WHERE f.entity = settle.entity;
    IF wanted <> source_rows THEN
        RAISE EXCEPTION 'the audit itself lost rows of %: % of %', entity, wanted, source_rows;
    END IF;
    INSERT INTO audit.entities (entity, target, source_table, source_rows) VALUES (entity, target, source_table, source_rows);
END $$;

-- -------------------------------------------------------------------------------------------------- the legacy tables, once

-- In one transaction, so that postgres_fdw reads them all from one snapshot. The largest follows below, straight into its want table.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT format('CREATE UNLOGGED TABLE audit.%1$I AS SELECT * FROM audit_source.%1$I', t)
FROM unnest('{auth_user,dispatch_office,dispatch_doctor,dispatch_patient,dispatch_product,dispatch_instruction,dispatch_record,dispatch_file,'
    'dispatch_file_inventory,dispatch_template,dispatch_instance,dispatch_treatment_plan,dispatch_agent,dispatch_jaw,dispatch_payment,'
    'dispatch_case_file,dispatch_state,dispatch_record_attachments}'::text[]) t \gexec
COMMIT;
SELECT format('ANALYZE audit.%I', tablename) FROM pg_tables WHERE schemaname = 'audit' AND tablename ~ '^(auth|dispatch)_' \gexec

-- ------------------------------------------------------------------------------------------------------------- foundation

CREATE UNLOGGED TABLE audit.want_offices AS
SELECT o.id::bigint AS key,
    CASE WHEN o.street IS NULL OR o.street = '' OR o.postal_code IS NULL OR o.postal_code = '' OR o.city IS NULL OR o.city = ''
             THEN 'check:address_complete'
         ELSE coalesce(audit.judge_code(o.country, c.code, true), CASE WHEN o.name IS NULL THEN 'null_value' END) END AS reason,
    godwit.uuid('offices', o.id) AS id,
    o.name, concat(nullif(concat_ws(' ', o.street, o.house_number), ''), ', ', concat_ws(' ', o.postal_code, o.city)) AS address,
    o.city, c.code AS country, nullif(o.phone, '') AS phone, nullif(lower(btrim(o.email)), '') AS email,
    o.is_active IS NOT FALSE AS active, audit.moment(o.created) AS created_at, audit.moment(o.modified) AS updated_at,
    o.id::bigint AS legacy_office_id
FROM audit.dispatch_office o
LEFT JOIN (VALUES ('DE', 'DE'), ('DEUTSCHLAND', 'DE'), ('AT', 'AT'), ('ÖSTERREICH', 'AT'), ('CH', 'CH'), ('SCHWEIZ', 'CH'))
    c (name, code) ON c.name = upper(btrim(o.country));
CALL audit.settle('offices', 'public.offices', 'dispatch_office');

CREATE UNLOGGED TABLE audit.account AS
SELECT u.*, lower(btrim(u.email)) AS address,
    CASE WHEN btrim(u.email) = '' THEN 'check:email_present'
         WHEN row_number() OVER (PARTITION BY lower(btrim(u.email)) ORDER BY u.id) > 1 THEN 'duplicate' END AS reason,
    btrim(u.first_name || ' ' || u.last_name) AS full_name
FROM audit.auth_user u;

CREATE UNLOGGED TABLE audit.want_users AS
SELECT a.id::bigint AS key, a.reason, godwit.uuid('users', a.id) AS id,
    '00000000-0000-0000-0000-000000000000'::uuid AS instance_id, 'authenticated' AS aud, 'authenticated' AS role, a.address AS email,
    CASE WHEN a.password ~ '^bcrypt[$][$]2.[$]' THEN substring(a.password FROM '^bcrypt[$](.*)$') END AS encrypted_password,
    CASE WHEN a.is_active THEN audit.moment(a.date_joined) END AS email_confirmed_at,
    NULL::timestamptz AS invited_at, '' AS confirmation_token, NULL::timestamptz AS confirmation_sent_at, '' AS recovery_token,
    NULL::timestamptz AS recovery_sent_at, '' AS email_change_token_new, '' AS email_change, NULL::timestamptz AS email_change_sent_at,
    audit.moment(a.last_login) AS last_sign_in_at,
    ('{"provider": "email", "providers": ["email"], "legacy_user_id": ' || a.id || '}')::jsonb AS raw_app_meta_data,
    jsonb_build_object('full_name', a.full_name) AS raw_user_meta_data, false AS is_super_admin,
    audit.moment(a.date_joined) AS created_at, audit.moment(a.date_joined) AS updated_at,
    NULL::text AS phone, NULL::timestamptz AS phone_confirmed_at, '' AS phone_change, '' AS phone_change_token,
    NULL::timestamptz AS phone_change_sent_at, '' AS email_change_token_current, 0::smallint AS email_change_confirm_status,
    NULL::timestamptz AS banned_until, '' AS reauthentication_token, NULL::timestamptz AS reauthentication_sent_at,
    false AS is_sso_user, NULL::timestamptz AS deleted_at, false AS is_anonymous
FROM audit.account a;
CALL audit.settle('users', 'auth.users', 'auth_user');

CREATE UNLOGGED TABLE audit.want_identities AS
SELECT a.id::bigint AS key, CASE WHEN u.key IS NULL THEN 'orphan' END AS reason, godwit.uuid('identities', a.id) AS id,
    godwit.uuid('users', a.id) AS user_id, godwit.uuid('users', a.id)::text AS provider_id, 'email' AS provider,
    jsonb_build_object('sub', godwit.uuid('users', a.id)::text, 'email', a.address, 'email_verified', a.is_active, 'phone_verified', false)
        AS identity_data,
    audit.moment(a.last_login) AS last_sign_in_at, audit.moment(a.date_joined) AS created_at, audit.moment(a.date_joined) AS updated_at
FROM audit.account a LEFT JOIN audit.has_users u ON u.key = a.id;
CALL audit.settle('identities', 'auth.identities', 'auth_user');

CREATE UNLOGGED TABLE audit.want_profiles AS
SELECT a.id::bigint AS key, a.reason, godwit.uuid('users', a.id) AS id, a.address AS email, nullif(a.full_name, '') AS full_name,
    CASE WHEN a.is_superuser THEN 'admin' WHEN a.is_staff THEN 'staff' WHEN d.user_id IS NOT NULL THEN 'doctor'
         WHEN t.user_id IS NOT NULL THEN 'technician' ELSE 'member' END AS role,
    a.is_active AS active, audit.moment(a.date_joined) AS created_at, audit.moment(a.date_joined) AS updated_at,
    a.id::bigint AS legacy_user_id
FROM audit.account a
LEFT JOIN (SELECT DISTINCT user_id FROM audit.dispatch_doctor) d ON d.user_id = a.id
LEFT JOIN (SELECT DISTINCT user_id FROM audit.dispatch_agent) t ON t.user_id = a.id;
CALL audit.settle('profiles', 'public.profiles', 'auth_user');

CREATE UNLOGGED TABLE audit.want_doctors AS
SELECT d.id::bigint AS key,
    CASE WHEN d.licence !~ '^[A-Z][A-Z][0-9][0-9][0-9][0-9][0-9][0-9]$' THEN 'check:licence_format'
         ELSE coalesce(audit.judge(d.office_id, o.key, true),
                       CASE WHEN d.first_name IS NULL OR d.last_name IS NULL OR d.licence IS NULL THEN 'null_value' END) END AS reason,
    godwit.uuid('doctors', d.id) AS id, CASE WHEN p.key IS NOT NULL THEN godwit.uuid('users', d.user_id) END AS profile_id,
    godwit.uuid('offices', d.office_id) AS office_id, d.title, d.first_name, d.last_name, d.licence AS licence_number,
    d.is_active IS NOT FALSE AS active, audit.moment(d.created) AS created_at, audit.moment(d.modified) AS updated_at,
    d.id::bigint AS legacy_doctor_id
FROM audit.dispatch_doctor d
LEFT JOIN audit.has_offices o ON o.key = d.office_id
LEFT JOIN audit.has_profiles p ON p.key = d.user_id;
CALL audit.settle('doctors', 'public.doctors', 'dispatch_doctor');

CREATE UNLOGGED TABLE audit.want_patients AS
SELECT p.id::bigint AS key,
    CASE WHEN p.birth_date < '1900-01-01' OR p.birth_date > '2025-12-31' THEN 'check:birth_date'
         ELSE coalesce(audit.judge(p.doctor_id, d.key, true),
                       CASE WHEN p.first_name IS NULL THEN 'null_value' WHEN char_length(p.first_name) > 80 THEN 'too_long'
                            WHEN p.last_name IS NULL THEN 'null_value' WHEN char_length(p.last_name) > 80 THEN 'too_long' END) END AS reason,
    godwit.uuid('patients', p.id) AS id, godwit.uuid('doctors', p.doctor_id) AS doctor_id, p.first_name, p.last_name, p.birth_date,
    CASE p.sex WHEN 1 THEN 'female' WHEN 2 THEN 'male' WHEN 3 THEN 'diverse' END AS sex,
    nullif(lower(btrim(p.email)), '') AS email, nullif(p.phone, '') AS phone, p.insurance_number, p.notes,
    p.active IS NOT FALSE AS active, audit.moment(p.created) AS created_at, audit.moment(p.modified) AS updated_at,
    p.id::bigint AS legacy_patient_id
FROM audit.dispatch_patient p LEFT JOIN audit.has_doctors d ON d.key = p.doctor_id;
CALL audit.settle('patients', 'public.patients', 'dispatch_patient');

CREATE UNLOGGED TABLE audit.want_products AS
SELECT p.id::bigint AS key,
    CASE WHEN p.code IS NOT NULL
              AND row_number() OVER (PARTITION BY p.code ORDER BY p.modified DESC NULLS LAST, p.id) > 1 THEN 'duplicate'
         WHEN p.code IS NULL OR p.category IS NULL OR p.price_cents IS NULL OR p.name IS NULL THEN 'null_value' END AS reason,
    godwit.uuid('products', p.id) AS id, p.code, p.name, substr(p.description, 1, 500) AS description,
    CASE WHEN p.category BETWEEN 1 AND 5 THEN ('{crown,bridge,aligner,splint,denture}'::text[])[p.category]
         WHEN p.category IS NOT NULL THEN 'other' END AS category,
    p.price_cents * 0.01 AS price, p.active IS NOT FALSE AS active,
    audit.moment(p.created) AS created_at, audit.moment(p.modified) AS updated_at, p.id::bigint AS legacy_product_id
FROM audit.dispatch_product p;
CALL audit.settle('products', 'public.products', 'dispatch_product');

INSERT INTO audit.filtered SELECT 'orders', id FROM audit.dispatch_instruction WHERE deleted;

-- Its jaws follow below, when it is known which of them are there.
CREATE UNLOGGED TABLE audit.want_orders AS
SELECT i.id::bigint AS key,
    coalesce(audit.judge(i.patient_id, p.key, true), audit.judge(i.office_id, o.key, true),
             audit.judge_code(i.status::text, audit.order_status(i.status), false),
             CASE WHEN i.number IS NULL OR i.priority IS NULL THEN 'null_value'
                  WHEN i.priority NOT BETWEEN -32768 AND 32767 THEN 'out_of_range' END) AS reason,
    godwit.uuid('orders', i.id) AS id, i.number AS order_number, godwit.uuid('patients', i.patient_id) AS patient_id,
    godwit.uuid('offices', i.office_id) AS office_id, w.address AS office_address, NULL::uuid AS upper_jaw_id, NULL::uuid AS lower_jaw_id,
    coalesce(audit.order_status(i.status), 'draft') AS status, i.priority, i.notes, audit.moment(i.due) AS due_at,
    audit.moment(i.created) AS created_at, audit.moment(i.modified) AS updated_at, i.id::bigint AS legacy_instruction_id
FROM audit.dispatch_instruction i
LEFT JOIN audit.has_patients p ON p.key = i.patient_id
LEFT JOIN audit.has_offices o ON o.key = i.office_id
LEFT JOIN audit.want_offices w ON w.key = i.office_id
WHERE i.deleted IS NOT TRUE;
CALL audit.settle('orders', 'public.orders', 'dispatch_instruction');

-- -------------------------------------------------------------------------------------------------------------- dependent

INSERT INTO audit.filtered SELECT 'messages', id FROM audit.dispatch_record WHERE kind = 'draft';

CREATE UNLOGGED TABLE audit.want_messages AS
SELECT r.id::bigint AS key,
    coalesce(audit.judge(r.instruction_id, o.key, false), audit.judge(r.patient_id, p.key, false),
             CASE WHEN r.kind IS NULL THEN 'null_value' WHEN r.kind NOT IN ('message', 'note') THEN 'invalid_value'
                  WHEN r.text IS NULL THEN 'null_value' END) AS reason,
    godwit.uuid('messages', r.id) AS id, godwit.uuid('orders', r.instruction_id) AS order_id,
    godwit.uuid('patients', r.patient_id) AS patient_id, NULL::uuid AS parent_id,
    CASE WHEN a.key IS NOT NULL THEN godwit.uuid('users', r.author_id) END AS author_id, r.kind, r.text AS body,
    audit.moment(r.created) AS created_at, audit.moment(r.modified) AS updated_at, r.id::bigint AS legacy_record_id
FROM audit.dispatch_record r
LEFT JOIN audit.has_orders o ON o.key = r.instruction_id
LEFT JOIN audit.has_patients p ON p.key = r.patient_id
LEFT JOIN audit.has_profiles a ON a.key = r.author_id
WHERE r.kind IS DISTINCT FROM 'draft';
CALL audit.settle('messages', 'public.messages', 'dispatch_record');

UPDATE audit.want_messages w SET parent_id = godwit.uuid('messages', r.parent_id)
FROM audit.dispatch_record r JOIN audit.has_messages p ON p.key = r.parent_id
WHERE r.id = w.key;

CREATE UNLOGGED TABLE audit.want_files AS
SELECT f.id::bigint AS key,
    CASE WHEN f.path = '' OR '..' = ANY (string_to_array(f.path, '/')) THEN 'check:path_safe'
         ELSE coalesce(audit.judge(f.instruction_id, o.key, false), audit.judge(f.patient_id, p.key, false),
                       CASE WHEN f.path IS NULL THEN 'null_value' WHEN char_length(f.name) > 200 THEN 'too_long' END) END AS reason,
    godwit.uuid('files', f.id) AS id, godwit.uuid('orders', f.instruction_id) AS order_id,
    godwit.uuid('patients', f.patient_id) AS patient_id, 'case-files' AS bucket,
    CASE WHEN f.path ~ '^/*media/' THEN 'dispatch/' || substring(f.path FROM '^/*media/(.*)$') ELSE ltrim(f.path, '/') END AS object_key,
    f.path AS original_path, f.name, f.content_type AS mime_type, f.size AS size_bytes,
    CASE WHEN i.path IS NULL THEN 'missing' ELSE 'present' END AS storage_status, audit.moment(f.created) AS created_at,
    f.id::bigint AS legacy_file_id
FROM audit.dispatch_file f
LEFT JOIN audit.has_orders o ON o.key = f.instruction_id
LEFT JOIN audit.has_patients p ON p.key = f.patient_id
LEFT JOIN audit.dispatch_file_inventory i ON i.path = f.path;
CALL audit.settle('files', 'public.files', 'dispatch_file');

CREATE UNLOGGED TABLE audit.want_templates AS
SELECT t.id::bigint AS key,
    CASE WHEN NOT coalesce(v.names, '{}') <@ '{order_number,patient_name,doctor_name,office_name,due_date}' THEN 'check:known_variables'
         WHEN t.code IS NOT NULL AND row_number() OVER (PARTITION BY t.code ORDER BY t.id) > 1 THEN 'duplicate'
         WHEN t.code IS NULL OR t.name IS NULL OR t.body IS NULL THEN 'null_value' END AS reason,
    godwit.uuid('templates', t.id) AS id, t.code, t.name, t.subject, t.body, coalesce(v.names, '{}') AS variables,
    t.active IS NOT FALSE AS active, audit.moment(t.created) AS created_at, audit.moment(t.modified) AS updated_at,
    t.id::bigint AS legacy_template_id
FROM audit.dispatch_template t
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT btrim(m[1]) COLLATE "C" ORDER BY btrim(m[1]) COLLATE "C") AS names
    FROM regexp_matches(concat_ws(' ', t.subject, t.body), '\{\{([^{}]*)\}\}', 'g') m) v ON true;
CALL audit.settle('templates', 'public.templates', 'dispatch_template');

-- ------------------------------------------------------------------------------------------------------------ specialised

CREATE UNLOGGED TABLE audit.want_cases AS
SELECT c.id::bigint AS key,
    CASE WHEN c.finished < c.started THEN 'check:finished_after_start'
         ELSE coalesce(audit.judge(c.instruction_id, o.key, true), audit.judge(c.patient_id, p.key, true),
                       audit.judge(c.doctor_id, d.key, false), audit.judge_code(c.status::text, audit.case_status(c.status), false),
                       CASE WHEN c.number IS NULL THEN 'null_value' END) END AS reason,
    godwit.uuid('cases', c.id) AS id, godwit.uuid('orders', c.instruction_id) AS order_id,
    godwit.uuid('patients', c.patient_id) AS patient_id, godwit.uuid('doctors', c.doctor_id) AS doctor_id, c.number AS case_number,
    coalesce(audit.case_status(c.status), 'planned') AS status, audit.moment(c.started) AS started_at,
    audit.moment(c.finished) AS finished_at, audit.moment(c.created) AS created_at, audit.moment(c.modified) AS updated_at,
    c.id::bigint AS legacy_instance_id
FROM audit.dispatch_instance c
LEFT JOIN audit.has_orders o ON o.key = c.instruction_id
LEFT JOIN audit.has_patients p ON p.key = c.patient_id
LEFT JOIN audit.has_doctors d ON d.key = c.doctor_id;
CALL audit.settle('cases', 'public.cases', 'dispatch_instance');

CREATE UNLOGGED TABLE audit.plan_document AS
SELECT t.id, audit.try_jsonb(t.plan) AS document FROM audit.dispatch_treatment_plan t;

-- Case ids inside the stages become UUIDs; the id of a case that is not there becomes null.
CREATE UNLOGGED TABLE audit.plan_stages AS
SELECT d.id, jsonb_agg(
    CASE WHEN jsonb_typeof(s.stage -> 'case_id') = 'number'
         THEN s.stage || jsonb_build_object('case_id', CASE WHEN c.key IS NOT NULL THEN godwit.uuid('cases', c.key) END)
         ELSE s.stage END ORDER BY s.position) AS stages
FROM audit.plan_document d
CROSS JOIN LATERAL jsonb_array_elements(d.document -> 'stages') WITH ORDINALITY s (stage, position)
LEFT JOIN audit.has_cases c ON c.key = CASE WHEN jsonb_typeof(s.stage -> 'case_id') = 'number' THEN (s.stage ->> 'case_id')::bigint END
GROUP BY d.id;

CREATE UNLOGGED TABLE audit.want_treatment_plans AS
SELECT t.id::bigint AS key,
    coalesce(audit.judge(t.patient_id, p.key, true), audit.judge(t.instance_id, c.key, true),
             CASE WHEN t.plan IS NOT NULL AND d.document IS NULL THEN 'invalid_json'
                  WHEN t.name IS NULL OR t.version IS NULL THEN 'null_value' END) AS reason,
    godwit.uuid('treatment_plans', t.id) AS id, godwit.uuid('patients', t.patient_id) AS patient_id,
    godwit.uuid('cases', t.instance_id) AS case_id, t.name,
    CASE WHEN s.stages IS NULL THEN d.document ELSE jsonb_set(d.document, '{stages}', s.stages) END AS plan, t.version,
    audit.moment(t.created) AS created_at, audit.moment(t.modified) AS updated_at, t.id::bigint AS legacy_treatment_plan_id
FROM audit.dispatch_treatment_plan t
JOIN audit.plan_document d USING (id)
LEFT JOIN audit.plan_stages s USING (id)
LEFT JOIN audit.has_patients p ON p.key = t.patient_id
LEFT JOIN audit.has_cases c ON c.key = t.instance_id;
CALL audit.settle('treatment_plans', 'public.treatment_plans', 'dispatch_treatment_plan');

CREATE UNLOGGED TABLE audit.want_technicians AS
SELECT a.id::bigint AS key, coalesce(audit.judge(a.office_id, o.key, true), audit.judge_code(a.role, r.label, true)) AS reason,
    godwit.uuid('technicians', a.id) AS id, CASE WHEN p.key IS NOT NULL THEN godwit.uuid('users', a.user_id) END AS profile_id,
    godwit.uuid('offices', a.office_id) AS office_id, r.label AS role,
    coalesce(b.names, '{}') AS permissions, a.active IS NOT FALSE AS active,
    audit.moment(a.created) AS created_at, audit.moment(a.modified) AS updated_at, a.id::bigint AS legacy_agent_id
FROM audit.dispatch_agent a
LEFT JOIN audit.has_offices o ON o.key = a.office_id
LEFT JOIN audit.has_profiles p ON p.key = a.user_id
LEFT JOIN (VALUES ('cad', 'cad_designer'), ('milling', 'milling'), ('ceramist', 'ceramist'), ('quality', 'quality'), ('lead', 'lead'))
    r (role, label) ON r.role = lower(btrim(a.role))
LEFT JOIN LATERAL (
    SELECT array_agg(name ORDER BY bit) AS names
    FROM unnest('{orders.read,orders.write,cases.read,cases.write,shipping,invoicing}'::text[]) WITH ORDINALITY p (name, bit)
    WHERE (a.permissions >> (bit - 1)::integer) % 2 = 1) b ON true;
CALL audit.settle('technicians', 'public.technicians', 'dispatch_agent');

-- ---------------------------------------------------------------------------------------------------------------- complex

CREATE UNLOGGED TABLE audit.want_jaws AS
SELECT j.id::bigint AS key, coalesce(audit.judge(j.instruction_id, o.key, true), audit.judge(j.product_id, p.key, true)) AS reason,
    godwit.uuid('jaws', j.id) AS id, godwit.uuid('orders', j.instruction_id) AS order_id, godwit.uuid('products', j.product_id) AS product_id,
    CASE WHEN u.jaw IS NULL AND l.jaw IS NOT NULL THEN 'lower' ELSE 'upper' END AS jaw_type, j.shade,
    CASE WHEN j.teeth ~ '^[0-9]{1,4}(,[0-9]{1,4})*$' THEN ('{' || j.teeth || '}')::integer[] ELSE '{}' END AS teeth, j.notes,
    audit.moment(j.created) AS created_at, audit.moment(j.modified) AS updated_at, j.id::bigint AS legacy_jaw_id
FROM audit.dispatch_jaw j
LEFT JOIN audit.has_orders o ON o.key = j.instruction_id
LEFT JOIN audit.has_products p ON p.key = j.product_id
LEFT JOIN (SELECT DISTINCT upper_jaw_id AS jaw FROM audit.dispatch_instruction) u ON u.jaw = j.id
LEFT JOIN (SELECT DISTINCT lower_jaw_id AS jaw FROM audit.dispatch_instruction) l ON l.jaw = j.id;
CALL audit.settle('jaws', 'public.jaws', 'dispatch_jaw');

UPDATE audit.want_orders w SET upper_jaw_id = godwit.uuid('jaws', u.key), lower_jaw_id = godwit.uuid('jaws', l.key)
FROM audit.dispatch_instruction i
LEFT JOIN audit.has_jaws u ON u.key = i.upper_jaw_id
LEFT JOIN audit.has_jaws l ON l.key = i.lower_jaw_id
WHERE i.id = w.key AND (u.key IS NOT NULL OR l.key IS NOT NULL);

CREATE UNLOGGED TABLE audit.want_payments AS
SELECT p.id::bigint AS key,
    coalesce(audit.judge(p.instruction_id, o.key, true),
             CASE WHEN p.amount_cents IS NULL THEN 'null_value' WHEN abs(p.amount_cents) >= 1000000000000 THEN 'out_of_range' END,
             audit.judge_code(p.currency, c.code, true),
             CASE WHEN p.status NOT BETWEEN 1 AND 4 THEN 'unmapped_value' END) AS reason,
    godwit.uuid('payments', p.id) AS id, godwit.uuid('orders', p.instruction_id) AS order_id, p.amount_cents * 0.01 AS amount,
    c.code AS currency, CASE WHEN p.status IS NULL THEN 'open' ELSE ('{open,paid,refunded,void}'::text[])[p.status] END AS status,
    CASE WHEN length(p.card_last4) > 0 THEN 'card' WHEN length(p.iban) > 0 THEN 'bank_transfer'
         WHEN length(p.paypal_reference) > 0 THEN 'paypal' ELSE 'unknown' END AS method,
    audit.moment(p.paid_at) AS paid_at, audit.moment(p.created) AS created_at, p.id::bigint AS legacy_payment_id
FROM audit.dispatch_payment p
LEFT JOIN audit.has_orders o ON o.key = p.instruction_id
LEFT JOIN (VALUES ('EUR', 'EUR'), ('EURO', 'EUR'), ('€', 'EUR'), ('CHF', 'CHF'), ('SFR', 'CHF')) c (name, code)
    ON c.name = upper(btrim(p.currency));
CALL audit.settle('payments', 'public.payments', 'dispatch_payment');

CREATE UNLOGGED TABLE audit.want_case_files AS
SELECT x.id::bigint AS key,
    coalesce(audit.judge(x.instance_id, c.key, true), audit.judge(x.file_id, f.key, true),
             audit.judge_code(x.kind::text, ('{scan,xray,photo,design}'::text[])[x.kind], true)) AS reason,
    godwit.uuid('case_files', x.id) AS id, godwit.uuid('cases', x.instance_id) AS case_id, godwit.uuid('files', x.file_id) AS file_id,
    ('{scan,xray,photo,design}'::text[])[x.kind] AS kind, audit.moment(x.created) AS created_at, x.id::bigint AS legacy_case_file_id
FROM audit.dispatch_case_file x
LEFT JOIN audit.has_cases c ON c.key = x.instance_id
LEFT JOIN audit.has_files f ON f.key = x.file_id;
CALL audit.settle('case_files', 'public.case_files', 'dispatch_case_file');

-- ------------------------------------------------------------------------------------------------------------------ state

INSERT INTO audit.filtered SELECT 'case_states', id FROM audit.dispatch_state WHERE item_type_id IS DISTINCT FROM 12;
INSERT INTO audit.filtered SELECT 'order_states', id FROM audit.dispatch_state WHERE item_type_id IS DISTINCT FROM 11;

CREATE UNLOGGED TABLE audit.want_case_states AS
SELECT s.id::bigint AS key,
    CASE WHEN s.from_status >= s.to_status THEN 'check:transition'
         ELSE coalesce(audit.judge(s.item_id, c.key, true), audit.judge_code(s.from_status::text, audit.case_status(s.from_status), false),
                       audit.judge_code(s.to_status::text, audit.case_status(s.to_status), true)) END AS reason,
    godwit.uuid('case_states', s.id) AS id, godwit.uuid('cases', s.item_id) AS case_id, audit.case_status(s.from_status) AS from_status,
    audit.case_status(s.to_status) AS to_status, CASE WHEN p.key IS NOT NULL THEN godwit.uuid('users', s.user_id) END AS changed_by,
    s.comment, audit.moment(s.created) AS created_at, s.id::bigint AS legacy_state_id
FROM audit.dispatch_state s
LEFT JOIN audit.has_cases c ON c.key = s.item_id
LEFT JOIN audit.has_profiles p ON p.key = s.user_id
WHERE s.item_type_id = 12;
CALL audit.settle('case_states', 'public.case_states', 'dispatch_state');

CREATE UNLOGGED TABLE audit.want_order_states AS
SELECT s.id::bigint AS key,
    CASE WHEN s.from_status >= s.to_status THEN 'check:transition'
         ELSE coalesce(audit.judge(s.item_id, o.key, true), audit.judge_code(s.from_status::text, audit.order_status(s.from_status), false),
                       audit.judge_code(s.to_status::text, audit.order_status(s.to_status), true)) END AS reason,
    godwit.uuid('order_states', s.id) AS id, godwit.uuid('orders', s.item_id) AS order_id, audit.order_status(s.from_status) AS from_status,
    audit.order_status(s.to_status) AS to_status, CASE WHEN p.key IS NOT NULL THEN godwit.uuid('users', s.user_id) END AS changed_by,
    s.comment, audit.moment(s.created) AS created_at, s.id::bigint AS legacy_state_id
FROM audit.dispatch_state s
LEFT JOIN audit.has_orders o ON o.key = s.item_id
LEFT JOIN audit.has_profiles p ON p.key = s.user_id
WHERE s.item_type_id = 11;
CALL audit.settle('order_states', 'public.order_states', 'dispatch_state');

INSERT INTO audit.filtered SELECT 'case_messages', id FROM audit.dispatch_record WHERE instance_id IS NULL OR kind = 'draft';

CREATE UNLOGGED TABLE audit.want_case_messages AS
SELECT r.id::bigint AS key, coalesce(audit.judge(r.id, m.key, true), audit.judge(r.instance_id, c.key, true)) AS reason,
    godwit.uuid('case_messages', r.id) AS id, godwit.uuid('messages', r.id) AS message_id, godwit.uuid('cases', r.instance_id) AS case_id,
    audit.moment(r.created) AS created_at, r.id::bigint AS legacy_record_id
FROM audit.dispatch_record r
LEFT JOIN audit.has_messages m ON m.key = r.id
LEFT JOIN audit.has_cases c ON c.key = r.instance_id
WHERE r.instance_id IS NOT NULL AND r.kind IS DISTINCT FROM 'draft';
CALL audit.settle('case_messages', 'public.case_messages', 'dispatch_record');

-- ----------------------------------------------------------------------------------------------------------------- system

CREATE UNLOGGED TABLE audit.want_system_messages WITH (autovacuum_enabled = off) AS
SELECT n.id AS key,
    coalesce(audit.judge(n.user_id, p.key, true),
             CASE WHEN n.channel IS NULL THEN 'null_value' WHEN n.channel NOT BETWEEN 1 AND 3 THEN 'unmapped_value' END) AS reason,
    godwit.uuid('system_messages', n.id) AS id, godwit.uuid('users', n.user_id) AS profile_id,
    CASE WHEN n.item_type_id = 11 AND o.key IS NOT NULL THEN godwit.uuid('orders', n.item_id) END AS order_id,
    CASE WHEN n.item_type_id = 12 AND c.key IS NOT NULL THEN godwit.uuid('cases', n.item_id) END AS case_id,
    CASE WHEN t.key IS NOT NULL THEN godwit.uuid('templates', n.template_id) END AS template_id,
    ('{in_app,email,sms}'::text[])[n.channel] AS channel, audit.try_jsonb(n.template_context) AS context,
    audit.moment(n.read_at) AS read_at, audit.moment(n.created) AS created_at, n.id AS legacy_notification_id
FROM audit_source.dispatch_notification n
LEFT JOIN audit.has_profiles p ON p.key = n.user_id
LEFT JOIN audit.has_orders o ON o.key = n.item_id AND n.item_type_id = 11
LEFT JOIN audit.has_cases c ON c.key = n.item_id AND n.item_type_id = 12
LEFT JOIN audit.has_templates t ON t.key = n.template_id;
CALL audit.settle('system_messages', 'public.system_messages', 'dispatch_notification');

CREATE UNLOGGED TABLE audit.want_message_attachments AS
SELECT x.id::bigint AS key, coalesce(audit.judge(x.record_id, m.key, true), audit.judge(x.file_id, f.key, true)) AS reason,
    godwit.uuid('message_attachments', x.id) AS id, godwit.uuid('messages', x.record_id) AS message_id,
    godwit.uuid('files', x.file_id) AS file_id, x.id::bigint AS legacy_record_attachment_id
FROM audit.dispatch_record_attachments x
LEFT JOIN audit.has_messages m ON m.key = x.record_id
LEFT JOIN audit.has_files f ON f.key = x.file_id;
CALL audit.settle('message_attachments', 'public.message_attachments', 'dispatch_record_attachments');

-- ----------------------------------------------------------------------------------------------------------- the comparison

CREATE UNLOGGED TABLE audit.want_rejects (entity text NOT NULL, legacy_id bigint NOT NULL, reason text NOT NULL);
SELECT format('INSERT INTO audit.want_rejects SELECT %L, key, reason FROM audit.%I WHERE reason IS NOT NULL', entity, 'want_' || entity)
FROM audit.entities ORDER BY position \gexec
ANALYZE audit.want_rejects, audit.filtered;

CREATE UNLOGGED TABLE audit.planted AS SELECT NULL::text AS kind, NULL::text AS entity, NULL::bigint AS rows, NULL::text AS outcome LIMIT 0;
SELECT 'INSERT INTO audit.planted SELECT kind, entity, rows, outcome FROM audit_source.legacy_dirt'
WHERE to_regclass('audit_source.legacy_dirt') IS NOT NULL \gexec

-- What Godwit says it rejected and has not migrated since.
CREATE VIEW audit.rejects AS SELECT entity, source_key AS legacy_id, reason FROM godwit.rejects WHERE resolved_at IS NULL;

-- Both directions of EXCEPT over all columns in one pass: rows are paired by UUID, which is the target's primary key. A row that differs
-- is missing as it should be and extra as it is.
CREATE FUNCTION audit.compare(name text, OUT source bigint, OUT migrated bigint, OUT rejected bigint, OUT filtered bigint,
                              OUT missing bigint, OUT extra bigint, OUT unaccounted bigint) LANGUAGE plpgsql AS $$
DECLARE
    target regclass;
    uncovered text;
    wanted text;
    found text;
BEGIN
    SELECT e.target, e.source_rows INTO target, source FROM audit.entities e WHERE e.entity = name;
    SELECT string_agg(t.attname, ', ') FILTER (WHERE w.attname IS NULL),
        string_agg(CASE WHEN w.atttypid = t.atttypid THEN format('w.%I', t.attname) ELSE format('w.%I::text', t.attname) END, ', '
                   ORDER BY t.attnum),
        string_agg(CASE WHEN w.atttypid = t.atttypid THEN format('t.%I', t.attname) ELSE format('t.%I::text', t.attname) END, ', '
                   ORDER BY t.attnum)
    INTO uncovered, wanted, found
    FROM pg_attribute t
    LEFT JOIN pg_attribute w ON w.attrelid = format('audit.%I', 'want_' || name)::regclass AND w.attname = t.attname
    WHERE t.attrelid = target AND t.attnum > 0 AND NOT t.attisdropped AND t.attgenerated = '';
    IF uncovered IS NOT NULL THEN
        RAISE EXCEPTION 'the audit does not look at these columns of %: %', target, uncovered;
    END IF;
    EXECUTE format(
        'SELECT count(t.id),
                count(*) FILTER (WHERE w.key IS NOT NULL AND w.reason IS NULL AND (t.id IS NULL OR (%1$s) IS DISTINCT FROM (%2$s))),
                count(*) FILTER (WHERE t.id IS NOT NULL
                                   AND (w.key IS NULL OR w.reason IS NOT NULL OR (%1$s) IS DISTINCT FROM (%2$s))),
                count(*) FILTER (WHERE w.key IS NOT NULL AND (t.id IS NOT NULL)::integer + coalesce(r.times, 0) <> 1)
         FROM audit.%3$I w
         FULL JOIN %4$s t ON t.id = w.id
         LEFT JOIN (SELECT legacy_id, count(*) AS times FROM audit.rejects WHERE entity = %5$L GROUP BY legacy_id) r
             ON r.legacy_id = w.key',
        wanted, found, 'want_' || name, target, name)
    INTO migrated, missing, extra, unaccounted;
    SELECT count(*) INTO rejected FROM audit.rejects r WHERE r.entity = name;
    SELECT count(*) INTO filtered FROM audit.filtered f WHERE f.entity = name;
END $$;

-- Rows that were rejected and should not have been, or for another reason, and the other way round.
CREATE FUNCTION audit.misjudged() RETURNS TABLE (entity text, legacy_id bigint, expected text, found text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(w.entity, r.entity), coalesce(w.legacy_id, r.legacy_id), w.reason, r.reason
    FROM audit.want_rejects w
    FULL JOIN audit.rejects r ON r.entity = w.entity AND r.legacy_id = w.legacy_id
    WHERE w.reason IS DISTINCT FROM r.reason;
END;

-- What the generator planted against what was rejected.
CREATE FUNCTION audit.dirt() RETURNS TABLE (entity text, outcome text, planted bigint, found bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(p.entity, r.entity), coalesce(p.outcome, r.reason), coalesce(p.rows, 0)::bigint, coalesce(r.rows, 0)
    FROM (SELECT entity, outcome, sum(rows) AS rows FROM audit.planted WHERE outcome NOT IN ('migrated', 'filtered')
          GROUP BY entity, outcome) p
    FULL JOIN (SELECT entity, reason, count(*) AS rows FROM audit.rejects GROUP BY entity, reason) r
        ON r.entity = p.entity AND r.reason = p.outcome
    WHERE EXISTS (SELECT FROM audit.planted);
END;

-- Source tables that feed several entities: rows that no entity took, and those that two took although their parts are disjoint.
CREATE VIEW audit.left_behind AS
SELECT 'dispatch_state' AS source_table, s.id AS legacy_id, 'item_type_id = ' || coalesce(s.item_type_id::text, 'NULL') AS why
FROM audit.dispatch_state s
WHERE NOT EXISTS (SELECT FROM public.case_states t WHERE t.legacy_state_id = s.id)
  AND NOT EXISTS (SELECT FROM public.order_states t WHERE t.legacy_state_id = s.id)
  AND NOT EXISTS (SELECT FROM audit.rejects r WHERE r.entity IN ('case_states', 'order_states') AND r.legacy_id = s.id)
UNION ALL
SELECT 'dispatch_record', s.id, 'kind = ' || coalesce(s.kind, 'NULL')
FROM audit.dispatch_record s
WHERE NOT EXISTS (SELECT FROM public.messages t WHERE t.legacy_record_id = s.id)
  AND NOT EXISTS (SELECT FROM public.case_messages t WHERE t.legacy_record_id = s.id)
  AND NOT EXISTS (SELECT FROM audit.rejects r WHERE r.entity IN ('messages', 'case_messages') AND r.legacy_id = s.id);

-- Every source row is in one of the tables it feeds, was rejected, or is left behind because the plan filters it in all of them.
CREATE FUNCTION audit.source_tables() RETURNS TABLE (source_table text, source bigint, taken bigint, left_behind bigint, wrongly bigint, why text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.name, s.rows, s.rows - count(l.legacy_id), count(l.legacy_id), count(l.legacy_id) FILTER (WHERE f.key IS NULL),
        string_agg(DISTINCT l.why, ', ')
    FROM (VALUES ('dispatch_state', 'order_states', 'case_states', (SELECT count(*) FROM audit.dispatch_state)),
                 ('dispatch_record', 'messages', 'case_messages', (SELECT count(*) FROM audit.dispatch_record)))
        s (name, one, other, rows)
    LEFT JOIN audit.left_behind l ON l.source_table = s.name
    LEFT JOIN (SELECT a.entity AS one, b.entity AS other, a.key FROM audit.filtered a JOIN audit.filtered b USING (key)) f
        ON f.one = s.one AND f.other = s.other AND f.key = l.legacy_id
    GROUP BY s.name, s.rows;
END;

CREATE FUNCTION audit.report() RETURNS TABLE (entity text, source bigint, migrated bigint, rejected bigint, filtered bigint, missing bigint,
                                              extra bigint, unaccounted bigint) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT e.entity, c.source, c.migrated, c.rejected, c.filtered, c.missing, c.extra, c.unaccounted
    FROM audit.entities e CROSS JOIN LATERAL audit.compare(e.entity) c
    ORDER BY e.position;
END;

CREATE UNLOGGED TABLE audit.result (entity text, source bigint, migrated bigint, rejected bigint, filtered bigint, missing bigint,
                                   extra bigint, unaccounted bigint);

-- Compares everything, now.
CREATE PROCEDURE audit.run() LANGUAGE sql
BEGIN ATOMIC
    DELETE FROM audit.result;
    INSERT INTO audit.result SELECT * FROM audit.report();
END;

-- The number of things that were not as they should be when audit.run() looked.
CREATE FUNCTION audit.differences() RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT (SELECT coalesce(sum(missing + extra + unaccounted), 0) FROM audit.result)
         + (SELECT count(*) FROM audit.misjudged())
         + (SELECT count(*) FROM audit.dirt() WHERE planted <> found)
         + (SELECT coalesce(sum(wrongly), 0) FROM audit.source_tables());
END;

CALL audit.run();

\echo 'Every source row is migrated, rejected with a reason, or filtered by the plan:'
SELECT * FROM audit.result
UNION ALL
SELECT 'TOTAL', sum(source), sum(migrated), sum(rejected), sum(filtered), sum(missing), sum(extra), sum(unaccounted) FROM audit.result;

\echo 'Rejects that differ from what the source demands (first 20 of each kind):'
SELECT entity, expected, found, count(*) AS rows, (array_agg(legacy_id ORDER BY legacy_id))[1:20] AS legacy_ids
FROM audit.misjudged() GROUP BY entity, expected, found ORDER BY entity, expected, found;

\echo 'Source tables that feed two entities (rows left behind are named in audit.left_behind):'
SELECT * FROM audit.source_tables() ORDER BY source_table;

\echo 'Planted dirt whose number differs from the rejects:'
SELECT * FROM audit.dirt() WHERE planted <> found ORDER BY entity, outcome;

DO $$
BEGIN
    IF audit.differences() > 0 THEN
        RAISE EXCEPTION 'the audit found % differences', audit.differences();
    END IF;
    RAISE INFO 'the audit found no difference';
END $$;
