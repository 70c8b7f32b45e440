-- Fills the schema of legacy.sql: the same seed makes the same rows, byte for byte, on every machine.
--
--   psql -d dispatch_legacy -v scale=1 -v notifications=2000000 -v seed=1 -f generate.sql
--
-- scale          1 is the reference size: about 1.6 million rows in all tables but notifications (default 0.01)
-- notifications  their number alone (default 2,000,000 × scale)
-- seed           any integer (default 1)
--
-- Every row gets at most one kind of dirt, `gen.kinds` says how often; the rows of a kind are counted in `legacy_dirt`. Clean rows
-- refer to clean rows only, so the counts foretell every reject. What is wrong lies in closed business (inactive patients,
-- cancelled orders, void payments), where it lies in real systems too: the plan's metrics agree although rows are rejected.

\set ON_ERROR_STOP on
\set QUIET on
\if :{?scale}
\else
    \set scale 0.01
\endif
\if :{?seed}
\else
    \set seed 1
\endif
\if :{?notifications}
\else
    SELECT round(2000000 * :scale::numeric) AS notifications \gset
\endif

SET client_min_messages = warning;
SET work_mem = '128MB';
SET maintenance_work_mem = '256MB';
SET synchronous_commit = off;
SET TimeZone = 'UTC';
SET jit = off;

DROP SCHEMA IF EXISTS gen CASCADE;
CREATE SCHEMA gen;

TRUNCATE auth_user, dispatch_office, dispatch_doctor, dispatch_patient, dispatch_product, dispatch_instruction, dispatch_record,
    dispatch_file, dispatch_file_inventory, dispatch_template, dispatch_instance, dispatch_treatment_plan, dispatch_agent,
    dispatch_jaw, dispatch_payment, dispatch_case_file, dispatch_state, dispatch_notification, dispatch_record_attachments,
    legacy_dirt;

-- ---------------------------------------------------------------------------------------------------------- chance, by hash

CREATE FUNCTION gen.hash(n bigint, salt integer) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN hashint8extended(n, :seed::bigint * 1000 + salt) & 9223372036854775807;

-- An integer from 0 to bound - 1.
CREATE FUNCTION gen.pick(n bigint, salt integer, bound bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN gen.hash(n, salt) % bound;

-- A number from 0 to just below 1.
CREATE FUNCTION gen.unit(n bigint, salt integer) RETURNS double precision LANGUAGE sql IMMUTABLE
    RETURN (gen.hash(n, salt) >> 10) / 9007199254740992.0::double precision;

-- A position from 1 to bound; the first ones come up hundreds of times as often as the last.
CREATE FUNCTION gen.skewed(n bigint, salt integer, bound bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN 1 + floor(bound * gen.unit(n, salt) * gen.unit(n, salt) * gen.unit(n, salt))::bigint;

-- The key of the nth row of a table: begins at -1 and 0, has lost single rows and small runs of them, a million at once after three
-- fifths, and its last row lies far above the rest.
CREATE FUNCTION gen.key(n bigint, total bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN n = total THEN 2000000000
                ELSE n - 2 + n / 37 + n / 101 * 3 + CASE WHEN n > total * 3 / 5 THEN 1000000 ELSE 0 END END;

-- A key that no row has: somewhere in the gap of a million.
CREATE FUNCTION gen.hole(n bigint, total bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    RETURN gen.key(total * 3 / 5, total + 1) + 1 + n % 900000;

-- Wall-clock time that grows with n over ten and a half years.
CREATE FUNCTION gen.moment(n bigint, total bigint, salt integer) RETURNS timestamp LANGUAGE sql IMMUTABLE
    RETURN timestamp '2015-01-05 07:00:00' + (n * 331000000 / total) * interval '1 second'
        + gen.pick(n, salt, 30000000000) * interval '1 microsecond';

-- Text of 20 to `longest` characters, mostly short.
CREATE FUNCTION gen.prose(n bigint, salt integer, longest integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN substr(repeat('Please adjust the margin on the mesial side, the bite is slightly too high. The scan arrived this morning '
        'and the preparation line is clear enough to start. Patient asks for a brighter shade, A1 instead of A2. We ship on Thursday '
        'unless the model has to be printed again. Contact points are tight; kindly reduce the occlusal contact by 0.2 mm. The impression '
        'shows a bubble at the distal margin, so a new scan would help. Thank you, the last crown fitted perfectly. ', 8),
        1 + gen.pick(n, salt, 400)::integer,
        20 + ((longest - 20) * gen.unit(n, salt + 1) * gen.unit(n, salt + 1) * gen.unit(n, salt + 1))::integer);

CREATE FUNCTION gen.first_name(n bigint, salt integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ('{Anna,Ben,Clara,David,Emma,Finn,Greta,Hannah,Ida,Jonas,Karim,Lena,Mila,Noah,Oskar,Paula,Quirin,Rosa,Søren,Theo,Ümit,Vera,'
        'Wanda,Xenia,Yusuf,Zoë,José,Łukasz,Chloé,Björn}'::text[])[1 + gen.pick(n, salt, 30)];

CREATE FUNCTION gen.last_name(n bigint, salt integer) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN ('{Albrecht,Becker,Çelik,Dietrich,Engel,Fischer,Großmann,Hoffmann,Ivanova,Jäger,Krüger,Lehmann,Müller,Nguyen,Öztürk,Peters,Quast,'
        'Richter,Schröder,Thiele,Ulrich,Vogel,Weiß,Yılmaz,Zimmermann,"O''Brien","de la Cruz",Nowak,Svensson,Kovács}'::text[])
        [1 + gen.pick(n, salt, 30)];

-- ------------------------------------------------------------------------------------------------------- dirt, and who has it

CREATE TABLE gen.kinds (
    ordinal integer GENERATED ALWAYS AS IDENTITY,
    entity text NOT NULL,
    kind text NOT NULL,
    rate integer NOT NULL,              -- rows in 10,000
    outcome text NOT NULL               -- a reject's reason, 'filtered', or 'migrated'
);

INSERT INTO gen.kinds (entity, kind, rate, outcome) VALUES
    ('users', 'duplicate_email', 100, 'duplicate'),
    ('users', 'blank_email', 30, 'check:email_present'),
    ('offices', 'incomplete_address', 120, 'check:address_complete'),
    ('offices', 'unknown_country', 40, 'unmapped_value'),
    ('offices', 'missing_contact', 100, 'migrated'),
    ('doctors', 'orphan_office', 80, 'orphan'),
    ('doctors', 'child_of_rejected_office', 20, 'orphan'),
    ('doctors', 'orphan_user', 100, 'migrated'),
    ('doctors', 'bad_licence', 100, 'check:licence_format'),
    ('patients', 'orphan_doctor', 80, 'orphan'),
    ('patients', 'child_of_rejected_doctor', 20, 'orphan'),
    ('patients', 'birth_date_out_of_range', 40, 'check:birth_date'),
    ('patients', 'infinite_birth_date', 10, 'check:birth_date'),
    ('patients', 'overlong_name', 20, 'too_long'),
    ('patients', 'unknown_sex', 30, 'migrated'),
    ('patients', 'missing_contact', 200, 'migrated'),
    ('products', 'duplicate_code', 150, 'duplicate'),
    ('products', 'unknown_category', 100, 'migrated'),
    ('products', 'overlong_description', 150, 'migrated'),
    ('orders', 'orphan_patient', 80, 'orphan'),
    ('orders', 'child_of_rejected_patient', 20, 'orphan'),
    ('orders', 'orphan_office', 80, 'orphan'),
    ('orders', 'child_of_rejected_office', 20, 'orphan'),
    ('orders', 'unknown_status', 50, 'unmapped_value'),
    ('orders', 'deleted', 200, 'filtered'),
    ('orders', 'orphan_jaw', 80, 'migrated'),
    ('orders', 'rejected_jaw', 20, 'migrated'),
    ('orders', 'shared_jaw', 100, 'migrated'),
    ('orders', 'infinite_due', 10, 'migrated'),
    ('messages', 'orphan_order', 80, 'orphan'),
    ('messages', 'child_of_rejected_order', 20, 'orphan'),
    ('messages', 'orphan_patient', 80, 'orphan'),
    ('messages', 'child_of_rejected_patient', 20, 'orphan'),
    ('messages', 'orphan_parent', 80, 'migrated'),
    ('messages', 'child_of_rejected_parent', 20, 'migrated'),
    ('messages', 'orphan_author', 100, 'migrated'),
    ('messages', 'orphan_case', 80, 'migrated'),
    ('messages', 'child_of_rejected_case', 20, 'migrated'),
    ('messages', 'nul_escape', 20, 'migrated'),
    ('messages', 'line_ends', 100, 'migrated'),
    ('messages', 'non_bmp', 100, 'migrated'),
    ('messages', 'draft', 300, 'filtered'),
    ('files', 'orphan_order', 80, 'orphan'),
    ('files', 'child_of_rejected_order', 20, 'orphan'),
    ('files', 'orphan_patient', 80, 'orphan'),
    ('files', 'child_of_rejected_patient', 20, 'orphan'),
    ('files', 'path_traversal', 30, 'check:path_safe'),
    ('files', 'overlong_name', 20, 'too_long'),
    ('files', 'missing_file', 200, 'migrated'),
    ('templates', 'unknown_variable', 200, 'check:known_variables'),
    ('cases', 'orphan_order', 80, 'orphan'),
    ('cases', 'child_of_rejected_order', 20, 'orphan'),
    ('cases', 'orphan_patient', 80, 'orphan'),
    ('cases', 'child_of_rejected_patient', 20, 'orphan'),
    ('cases', 'orphan_doctor', 80, 'orphan'),
    ('cases', 'child_of_rejected_doctor', 20, 'orphan'),
    ('cases', 'unknown_status', 50, 'unmapped_value'),
    ('cases', 'finished_before_start', 30, 'check:finished_after_start'),
    ('treatment_plans', 'orphan_case', 80, 'orphan'),
    ('treatment_plans', 'child_of_rejected_case', 20, 'orphan'),
    ('treatment_plans', 'orphan_patient', 80, 'orphan'),
    ('treatment_plans', 'child_of_rejected_patient', 20, 'orphan'),
    ('treatment_plans', 'invalid_json', 50, 'invalid_json'),
    ('treatment_plans', 'orphan_in_json', 80, 'migrated'),
    ('treatment_plans', 'rejected_in_json', 20, 'migrated'),
    ('technicians', 'orphan_office', 80, 'orphan'),
    ('technicians', 'child_of_rejected_office', 20, 'orphan'),
    ('technicians', 'orphan_user', 100, 'migrated'),
    ('technicians', 'unknown_role', 100, 'unmapped_value'),
    ('jaws', 'orphan_order', 80, 'orphan'),
    ('jaws', 'child_of_rejected_order', 20, 'orphan'),
    ('jaws', 'orphan_product', 80, 'orphan'),
    ('jaws', 'child_of_rejected_product', 20, 'orphan'),
    ('payments', 'orphan_order', 80, 'orphan'),
    ('payments', 'child_of_rejected_order', 20, 'orphan'),
    ('payments', 'unknown_currency', 50, 'unmapped_value'),
    ('payments', 'unknown_status', 30, 'unmapped_value'),
    ('payments', 'amount_overflow', 10, 'out_of_range'),
    ('case_files', 'orphan_case', 80, 'orphan'),
    ('case_files', 'child_of_rejected_case', 20, 'orphan'),
    ('case_files', 'orphan_file', 80, 'orphan'),
    ('case_files', 'child_of_rejected_file', 20, 'orphan'),
    ('states', 'orders:orphan_item', 40, 'orphan'),
    ('states', 'orders:child_of_rejected_item', 10, 'orphan'),
    ('states', 'orders:forbidden_transition', 25, 'check:transition'),
    ('states', 'orders:unknown_status', 25, 'unmapped_value'),
    ('states', 'orders:infinite_created', 5, 'migrated'),
    ('states', 'cases:orphan_item', 40, 'orphan'),
    ('states', 'cases:child_of_rejected_item', 10, 'orphan'),
    ('states', 'cases:forbidden_transition', 25, 'check:transition'),
    ('states', 'cases:unknown_status', 25, 'unmapped_value'),
    ('states', 'cases:infinite_created', 5, 'migrated'),
    ('system_messages', 'orphan_user', 80, 'orphan'),
    ('system_messages', 'child_of_rejected_user', 20, 'orphan'),
    ('system_messages', 'unknown_channel', 30, 'unmapped_value'),
    ('system_messages', 'orphan_order', 80, 'migrated'),
    ('system_messages', 'child_of_rejected_order', 20, 'migrated'),
    ('system_messages', 'orphan_case', 80, 'migrated'),
    ('system_messages', 'child_of_rejected_case', 20, 'migrated'),
    ('system_messages', 'orphan_template', 80, 'migrated'),
    ('system_messages', 'child_of_rejected_template', 20, 'migrated'),
    ('system_messages', 'json_python_repr', 100, 'migrated'),
    ('system_messages', 'json_truncated', 40, 'migrated'),
    ('system_messages', 'json_empty', 20, 'migrated'),
    ('system_messages', 'json_nul_escape', 20, 'migrated'),
    ('system_messages', 'json_lone_surrogate', 20, 'migrated'),
    ('system_messages', 'json_non_bmp', 50, 'migrated'),
    ('message_attachments', 'orphan_message', 80, 'orphan'),
    ('message_attachments', 'child_of_rejected_message', 20, 'orphan'),
    ('message_attachments', 'orphan_file', 80, 'orphan'),
    ('message_attachments', 'child_of_rejected_file', 20, 'orphan');

-- The kind of the nth row, NULL for a clean one. From the fifth row on every kind comes up once, then by chance.
CREATE FUNCTION gen.kind(n bigint, salt integer, bounds integer[], labels text[]) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN n BETWEEN 5 AND 4 + cardinality(labels) THEN labels[n - 4]
                ELSE labels[width_bucket(gen.pick(n, salt, 10000)::integer, bounds) + 1] END;

CREATE PROCEDURE gen.deal(entity text, size integer, minimum integer, salt integer) LANGUAGE plpgsql AS $$
DECLARE
    total bigint;
    bounds integer[];
    labels text[];
BEGIN
    SELECT greatest(round(size * value), minimum) INTO total FROM gen.scale;
    SELECT array_agg(kinds.kind ORDER BY ordinal), array_agg(kinds.upper ORDER BY ordinal) INTO labels, bounds
    FROM (SELECT k.kind, k.ordinal, sum(k.rate) OVER (ORDER BY k.ordinal)::integer AS upper
          FROM gen.kinds k WHERE k.entity = deal.entity) kinds;
    EXECUTE format(
        'CREATE UNLOGGED TABLE gen.%I AS
         SELECT n, gen.key(n, %s) AS id, dirt, coalesce(dirt = ANY (%L::text[]), false) AS lost
         FROM (SELECT n, gen.kind(n, %s, %L, %L) AS dirt FROM generate_series(1, %s) n) dealt',
        entity, total,
        (SELECT array_agg(k.kind) FROM gen.kinds k WHERE k.entity = deal.entity AND k.outcome <> 'migrated'),
        salt, bounds, labels, total);
    -- Rows that references may point at (ok_) and rows that are not going to be migrated (bad_), by position.
    EXECUTE format('CREATE UNLOGGED TABLE gen.%I AS SELECT row_number() OVER (ORDER BY n) AS pos, n, id FROM gen.%I WHERE NOT lost',
        'ok_' || entity, entity);
    EXECUTE format('CREATE UNLOGGED TABLE gen.%I AS SELECT row_number() OVER (ORDER BY n) AS pos, n, id FROM gen.%I WHERE lost',
        'bad_' || entity, entity);
    EXECUTE format('ANALYZE gen.%I, gen.%I, gen.%I', entity, 'ok_' || entity, 'bad_' || entity);
    INSERT INTO gen.totals SELECT deal.entity, total;
    EXECUTE format('INSERT INTO gen.counts SELECT %L, ''ok'', count(*) FROM gen.%I', entity, 'ok_' || entity);
    EXECUTE format('INSERT INTO gen.counts SELECT %L, ''bad'', count(*) FROM gen.%I', entity, 'bad_' || entity);
    EXECUTE format(
        'INSERT INTO legacy_dirt SELECT r.dirt, %L, count(*), k.outcome FROM gen.%I r
         JOIN gen.kinds k ON k.entity = %1$L AND k.kind = r.dirt GROUP BY r.dirt, k.outcome', entity, entity);
END $$;

CREATE TABLE gen.scale AS SELECT :scale::numeric AS value;
CREATE TABLE gen.totals (entity text PRIMARY KEY, total bigint NOT NULL);
CREATE TABLE gen.counts (entity text, part text, count bigint NOT NULL, PRIMARY KEY (entity, part));

CREATE FUNCTION gen.total(name text) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT total FROM gen.totals WHERE entity = name);
CREATE FUNCTION gen.ok(name text) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT count FROM gen.counts WHERE entity = name AND part = 'ok');
CREATE FUNCTION gen.bad(name text) RETURNS bigint LANGUAGE sql STABLE
    RETURN (SELECT count FROM gen.counts WHERE entity = name AND part = 'bad');

CALL gen.deal('users', 12000, 240, 1);
CALL gen.deal('offices', 2500, 60, 2);
CALL gen.deal('doctors', 6000, 100, 3);
CALL gen.deal('patients', 100000, 200, 4);
CALL gen.deal('products', 400, 40, 5);
CALL gen.deal('orders', 150000, 300, 6);
CALL gen.deal('messages', 220000, 400, 7);
CALL gen.deal('files', 130000, 250, 8);
CALL gen.deal('templates', 300, 40, 9);
CALL gen.deal('cases', 80000, 200, 10);
CALL gen.deal('treatment_plans', 205000, 300, 11);
CALL gen.deal('technicians', 1200, 40, 12);
CALL gen.deal('jaws', 210000, 300, 13);
CALL gen.deal('payments', 95000, 200, 14);
CALL gen.deal('case_files', 162000, 250, 15);
CALL gen.deal('states', 180000, 300, 16);
CALL gen.deal('message_attachments', 60000, 200, 20);

-- ------------------------------------------------------------------------------------------------------------- foundation

SELECT gen.total('users') AS total, gen.ok('users') AS ok_users \gset

INSERT INTO auth_user
SELECT id,
    CASE WHEN n % 29 = 0 THEN '!' || md5(n::text)
         WHEN n % 11 = 0 THEN 'bcrypt$$2b$12$' || substr(translate(md5(n::text) || md5((n + 1)::text), '=', '.'), 1, 53)
         ELSE 'pbkdf2_sha256$260000$' || substr(md5(n::text), 1, 22) || '$' || encode(sha256(n::text::bytea), 'base64') END,
    CASE WHEN n % 5 > 0 THEN joined + gen.pick(n, 105, 60000000) * interval '1 second' END,
    n % 1000 = 999, 'u' || id, gen.first_name(n, 101), gen.last_name(n, 102),
    CASE WHEN dirt = 'blank_email' THEN repeat(' ', (n % 3)::integer)
         WHEN dirt = 'duplicate_email' THEN (SELECT upper('user.' || o.id || '@praxis' || o.n % 89 || '.example') FROM gen.ok_users o
                                             WHERE o.pos = 1 + gen.pick(u.n, 103, greatest(u.n / 2, 1)))
         WHEN n % 13 = 0 THEN ' User.' || id || '@Praxis' || n % 89 || '.example '
         ELSE 'user.' || id || '@praxis' || n % 89 || '.example' END,
    n % 100 > 96, n % 17 > 0 AND NOT lost, joined
FROM (SELECT *, gen.moment(n, :total, 104) AS joined FROM gen.users) u
ORDER BY n;

SELECT gen.total('offices') AS total \gset

INSERT INTO dispatch_office
SELECT id, 'Dental office ' || gen.last_name(n, 111) || ' ' || id,
    CASE WHEN dirt = 'incomplete_address' AND n % 2 = 0 THEN NULL ELSE gen.last_name(n, 112) || 'straße' END,
    (1 + gen.pick(n, 113, 180))::text || CASE WHEN n % 7 = 0 THEN 'b' ELSE '' END,
    CASE WHEN dirt = 'incomplete_address' AND n % 2 = 1 THEN '' ELSE lpad(gen.pick(n, 114, 99999)::text, 5, '0') END,
    ('{Berlin,Hamburg,München,Köln,Leipzig,Wien,Graz,Zürich,Basel}'::text[])[1 + gen.pick(n, 115, 9)],
    CASE WHEN dirt = 'unknown_country' THEN 'Atlantis'
         ELSE ('{DE,de,Deutschland,AT,Österreich,CH,Schweiz," DE "}'::text[])[1 + gen.pick(n, 116, 8)] END,
    CASE WHEN dirt = 'missing_contact' THEN NULL ELSE '+49 30 ' || (1000000 + gen.pick(n, 117, 8999999)) END,
    CASE WHEN dirt = 'missing_contact' THEN '' ELSE 'office' || id || '@praxis.example' END,
    NOT lost AND n % 23 > 0, created, created + gen.pick(n, 119, 9000000) * interval '1 second'
FROM (SELECT *, gen.moment(n, :total, 118) AS created FROM gen.offices) o
ORDER BY n;

SELECT gen.total('doctors') AS total, gen.total('offices') AS all_offices, gen.ok('offices') AS ok_offices,
    gen.bad('offices') AS bad_offices, gen.total('users') AS all_users \gset

CREATE UNLOGGED TABLE gen.doctor_office AS
SELECT d.*, o.id AS office_id FROM gen.doctors d JOIN gen.ok_offices o ON o.pos = gen.skewed(d.n, 121, :ok_offices);

INSERT INTO dispatch_doctor
SELECT d.id,
    CASE WHEN d.dirt = 'orphan_user' THEN gen.hole(d.n, :all_users) WHEN d.n % 31 = 0 THEN NULL ELSE u.id END,
    CASE d.dirt WHEN 'orphan_office' THEN gen.hole(d.n, :all_offices)
                WHEN 'child_of_rejected_office' THEN (SELECT b.id FROM gen.bad_offices b WHERE b.pos = 1 + d.n % :bad_offices)
                ELSE d.office_id END,
    ('{Dr.,"Dr. med. dent.","Prof. Dr.",NULL}'::text[])[1 + gen.pick(d.n, 122, 4)],
    gen.first_name(d.n, 123), gen.last_name(d.n, 124),
    CASE WHEN d.dirt = 'bad_licence' THEN ('{pending,DE12345,1234567890,"de 123456"}'::text[])[1 + gen.pick(d.n, 125, 4)]
         ELSE ('{DE,AT,CH}'::text[])[1 + gen.pick(d.n, 126, 3)] || lpad((d.n % 1000000)::text, 6, '0') END,
    NOT d.lost AND d.n % 19 > 0, gen.moment(d.n, :total, 127),
    gen.moment(d.n, :total, 127) + gen.pick(d.n, 128, 9000000) * interval '1 second'
FROM gen.doctor_office d LEFT JOIN gen.ok_users u ON u.pos = d.n
ORDER BY d.n;

SELECT gen.total('patients') AS total, gen.total('doctors') AS all_doctors, gen.ok('doctors') AS ok_doctors,
    gen.bad('doctors') AS bad_doctors \gset

CREATE UNLOGGED TABLE gen.ok_doctor_office AS
SELECT o.pos, o.id, d.office_id FROM gen.ok_doctors o JOIN gen.doctor_office d USING (n);

CREATE UNLOGGED TABLE gen.patient_doctor AS
SELECT p.*, d.id AS doctor_id, d.office_id FROM gen.patients p
JOIN gen.ok_doctor_office d ON d.pos = gen.skewed(p.n, 131, :ok_doctors);

INSERT INTO dispatch_patient
SELECT p.id,
    CASE p.dirt WHEN 'orphan_doctor' THEN gen.hole(p.n, :all_doctors) WHEN 'child_of_rejected_doctor' THEN b.id ELSE p.doctor_id END,
    gen.first_name(p.n, 132),
    CASE WHEN p.dirt = 'overlong_name' THEN repeat(gen.last_name(p.n, 133) || '-', 20) || 'Ende' ELSE gen.last_name(p.n, 133) END,
    CASE p.dirt WHEN 'birth_date_out_of_range' THEN ('{0202-03-04,1066-10-14,2984-01-01}'::date[])[1 + p.n % 3]
                WHEN 'infinite_birth_date' THEN CASE WHEN p.n % 2 = 0 THEN 'infinity' ELSE '-infinity' END::date
                ELSE CASE WHEN p.n % 41 > 0 THEN date '1931-01-01' + gen.pick(p.n, 134, 31000)::integer END END,
    CASE WHEN p.dirt = 'unknown_sex' THEN 9 ELSE nullif(gen.pick(p.n, 135, 20) % 4, 0) END,
    CASE WHEN p.dirt = 'missing_contact' THEN NULL WHEN p.n % 3 = 0 THEN '' ELSE 'patient' || p.id || '@mail.example' END,
    CASE WHEN p.dirt = 'missing_contact' THEN '' ELSE '+49 17' || (10000000 + gen.pick(p.n, 136, 89999999)) END,
    chr(65 + (p.n % 26)::integer) || lpad(gen.pick(p.n, 137, 999999999)::text, 9, '0'),
    CASE WHEN p.n % 6 = 0 THEN gen.prose(p.n, 138, 400) END,
    NOT p.lost AND p.n % 9 > 0, gen.moment(p.n, :total, 140),
    gen.moment(p.n, :total, 140) + gen.pick(p.n, 141, 9000000) * interval '1 second'
FROM gen.patient_doctor p
LEFT JOIN gen.bad_doctors b ON b.pos = 1 + p.n % :bad_doctors AND p.dirt = 'child_of_rejected_doctor'
ORDER BY p.n;

SELECT gen.total('products') AS total, gen.ok('products') AS ok_products \gset

INSERT INTO dispatch_product
SELECT p.id,
    CASE WHEN p.dirt = 'duplicate_code' THEN (SELECT 'P-' || lpad(o.n::text, 5, '0') FROM gen.ok_products o
                                              WHERE o.pos = 1 + gen.pick(p.n, 143, :ok_products))
         ELSE 'P-' || lpad(p.n::text, 5, '0') END,
    ('{Zirconia crown,"Layered bridge","Clear aligner","Night guard","Cast denture"}'::text[])[1 + p.n % 5] || ' ' || p.id,
    CASE WHEN p.dirt = 'overlong_description' THEN repeat('Biocompatible, polished, with certificate of origin. ', 14)
         ELSE gen.prose(p.n, 144, 300) END,
    CASE WHEN p.dirt = 'unknown_category' THEN 77 ELSE 1 + p.n % 5 END,
    1500 + gen.pick(p.n, 146, 80000), NOT p.lost AND p.n % 13 > 0,
    CASE WHEN p.dirt = 'duplicate_code' THEN timestamp '2009-03-02 09:00' ELSE gen.moment(p.n, :total, 147) END,
    CASE WHEN p.dirt = 'duplicate_code' THEN timestamp '2009-03-02 09:00' ELSE gen.moment(p.n, :total, 147) + interval '40 days' END
FROM gen.products p
ORDER BY p.n;

-- Orders and jaws refer to each other: which jaw belongs to which order is settled first.

SELECT gen.total('orders') AS all_orders, gen.ok('orders') AS ok_orders, gen.bad('orders') AS bad_orders,
    gen.total('jaws') AS all_jaws, gen.ok('jaws') AS ok_jaws, gen.bad('jaws') AS bad_jaws,
    gen.total('patients') AS all_patients, gen.ok('patients') AS ok_patients, gen.bad('patients') AS bad_patients,
    gen.total('products') AS all_products, gen.bad('products') AS bad_products \gset

CREATE UNLOGGED TABLE gen.order_jaws AS
SELECT order_id,
    CASE WHEN second IS NOT NULL OR gen.pick(order_id, 151, 2) = 0 THEN first END AS upper_jaw_id,
    CASE WHEN second IS NOT NULL THEN second WHEN gen.pick(order_id, 151, 2) = 1 THEN first END AS lower_jaw_id
FROM (SELECT o.id AS order_id, min(j.id) AS first, CASE WHEN count(*) > 1 THEN max(j.id) END AS second
      FROM gen.ok_jaws j JOIN gen.ok_orders o ON o.pos = 1 + (j.pos - 1) * :ok_orders / :ok_jaws
      GROUP BY o.id) jaws;

CREATE UNLOGGED TABLE gen.ok_patient_doctor AS
SELECT o.pos, o.id, p.doctor_id, p.office_id FROM gen.ok_patients o JOIN gen.patient_doctor p USING (n);

CREATE UNLOGGED TABLE gen.order_patient AS
SELECT o.*, p.id AS patient_id, p.doctor_id, p.office_id
FROM gen.orders o JOIN gen.ok_patient_doctor p ON p.pos = 1 + gen.pick(o.n, 152, :ok_patients);

INSERT INTO dispatch_instruction
SELECT o.id, 'A-' || extract(year FROM gen.moment(o.n, :all_orders, 157)) || '-' || lpad(o.n::text, 7, '0'),
    CASE o.dirt WHEN 'orphan_patient' THEN gen.hole(o.n, :all_patients) WHEN 'child_of_rejected_patient' THEN bp.id ELSE o.patient_id END,
    CASE o.dirt WHEN 'orphan_office' THEN gen.hole(o.n, :all_offices) WHEN 'child_of_rejected_office' THEN bo.id ELSE o.office_id END,
    CASE o.dirt WHEN 'orphan_jaw' THEN gen.hole(o.n, :all_jaws) WHEN 'rejected_jaw' THEN bj.id WHEN 'shared_jaw' THEN sj.id
                ELSE j.upper_jaw_id END,
    j.lower_jaw_id,
    CASE WHEN o.dirt = 'unknown_status' THEN 40 + gen.pick(o.n, 153, 9) WHEN o.lost THEN 6
         WHEN o.n % 67 = 0 THEN NULL
         WHEN o.n > :all_orders * 9 / 10 THEN 1 + gen.pick(o.n, 153, 5)
         ELSE 4 + gen.pick(o.n, 153, 12) % 3 END,
    1 + gen.pick(o.n, 154, 3),
    CASE WHEN o.n % 3 = 0 THEN gen.prose(o.n, 155, 600) END,
    CASE WHEN o.dirt = 'infinite_due' THEN 'infinity'::timestamp
         WHEN o.n % 9 > 0 THEN date_trunc('day', gen.moment(o.n, :all_orders, 157)) + interval '10 days 16 hours' END,
    CASE WHEN o.dirt = 'deleted' THEN true WHEN o.n % 2 = 0 THEN false END,
    gen.moment(o.n, :all_orders, 157),
    gen.moment(o.n, :all_orders, 157) + gen.pick(o.n, 158, 4000000) * interval '1 second'
FROM gen.order_patient o
LEFT JOIN gen.order_jaws j ON j.order_id = o.id
LEFT JOIN gen.bad_patients bp ON bp.pos = 1 + o.n % :bad_patients AND o.dirt = 'child_of_rejected_patient'
LEFT JOIN gen.bad_offices bo ON bo.pos = 1 + o.n % :bad_offices AND o.dirt = 'child_of_rejected_office'
LEFT JOIN gen.bad_jaws bj ON bj.pos = 1 + o.n % :bad_jaws AND o.dirt = 'rejected_jaw'
LEFT JOIN gen.ok_jaws sj ON sj.pos = 1 + gen.pick(o.n, 159, :ok_jaws) AND o.dirt = 'shared_jaw'
ORDER BY o.n;

INSERT INTO dispatch_jaw
SELECT j.id,
    CASE j.dirt WHEN 'orphan_order' THEN gen.hole(j.n, :all_orders) WHEN 'child_of_rejected_order' THEN bo.id
                ELSE coalesce(own.id, other.id) END,
    CASE j.dirt WHEN 'orphan_product' THEN gen.hole(j.n, :all_products) WHEN 'child_of_rejected_product' THEN bp.id ELSE p.id END,
    ('{A1,A2,A3,A3.5,B1,B2,C1,D2,NULL}'::text[])[1 + gen.pick(j.n, 161, 9)],
    (SELECT string_agg((10 + t + 7 * (j.n % 2))::text, ',') FROM generate_series(1, 1 + gen.pick(j.n, 162, 6)) t),
    CASE WHEN j.n % 4 = 0 THEN gen.prose(j.n, 163, 300) END,
    gen.moment(j.n, :all_jaws, 165), gen.moment(j.n, :all_jaws, 165) + gen.pick(j.n, 166, 4000000) * interval '1 second'
FROM gen.jaws j
LEFT JOIN gen.ok_jaws oj ON oj.n = j.n
LEFT JOIN gen.ok_orders own ON own.pos = 1 + (oj.pos - 1) * :ok_orders / :ok_jaws
JOIN gen.ok_orders other ON other.pos = 1 + gen.pick(j.n, 167, :ok_orders)
JOIN gen.ok_products p ON p.pos = gen.skewed(j.n, 168, :ok_products)
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + j.n % :bad_orders AND j.dirt = 'child_of_rejected_order'
LEFT JOIN gen.bad_products bp ON bp.pos = 1 + j.n % :bad_products AND j.dirt = 'child_of_rejected_product'
ORDER BY j.n;

-- -------------------------------------------------------------------------------------------------------------- the rest

SELECT gen.total('cases') AS all_cases, gen.ok('cases') AS ok_cases, gen.bad('cases') AS bad_cases,
    gen.total('messages') AS all_messages, gen.ok('messages') AS ok_messages, gen.bad('messages') AS bad_messages,
    gen.total('files') AS all_files, gen.ok('files') AS ok_files, gen.bad('files') AS bad_files,
    gen.bad('users') AS bad_users \gset

CREATE UNLOGGED TABLE gen.ok_order_patient AS
SELECT o.pos, o.id, p.patient_id, p.doctor_id FROM gen.ok_orders o JOIN gen.order_patient p USING (n);
ANALYZE gen.ok_order_patient;

CREATE UNLOGGED TABLE gen.case_order AS
SELECT c.*, o.id AS order_id, o.patient_id, o.doctor_id
FROM gen.cases c JOIN gen.ok_order_patient o ON o.pos = 1 + gen.pick(c.n, 171, :ok_orders);

INSERT INTO dispatch_instance
SELECT c.id,
    CASE c.dirt WHEN 'orphan_order' THEN gen.hole(c.n, :all_orders) WHEN 'child_of_rejected_order' THEN bo.id ELSE c.order_id END,
    CASE c.dirt WHEN 'orphan_patient' THEN gen.hole(c.n, :all_patients) WHEN 'child_of_rejected_patient' THEN bp.id ELSE c.patient_id END,
    CASE c.dirt WHEN 'orphan_doctor' THEN gen.hole(c.n, :all_doctors) WHEN 'child_of_rejected_doctor' THEN bd.id
                ELSE CASE WHEN c.n % 12 > 0 THEN c.doctor_id END END,
    'C' || lpad(c.n::text, 7, '0'),
    CASE WHEN c.dirt = 'unknown_status' THEN 0 WHEN c.n % 20 = 0 THEN 6 ELSE 1 + gen.pick(c.n, 172, 5) END,
    CASE WHEN c.n % 8 > 0 OR c.dirt = 'finished_before_start' THEN started END,
    CASE WHEN c.dirt = 'finished_before_start' THEN started - interval '3 days'
         WHEN c.n % 8 > 3 THEN started + gen.pick(c.n, 174, 20000000) * interval '1 second' END,
    started - interval '2 hours', started + gen.pick(c.n, 175, 4000000) * interval '1 second'
FROM (SELECT *, gen.moment(n, :all_cases, 173) AS started FROM gen.case_order) c
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + c.n % :bad_orders AND c.dirt = 'child_of_rejected_order'
LEFT JOIN gen.bad_patients bp ON bp.pos = 1 + c.n % :bad_patients AND c.dirt = 'child_of_rejected_patient'
LEFT JOIN gen.bad_doctors bd ON bd.pos = 1 + c.n % :bad_doctors AND c.dirt = 'child_of_rejected_doctor'
ORDER BY c.n;

CREATE UNLOGGED TABLE gen.ok_case_order AS
SELECT o.pos, o.id, c.order_id, c.patient_id FROM gen.ok_cases o JOIN gen.case_order c USING (n);
ANALYZE gen.ok_case_order;

-- Records are about an order (some of them about its case too), a patient or both; one in four answers an earlier one.

CREATE UNLOGGED TABLE gen.record_rows AS
SELECT r.n, r.id, r.dirt, r.lost,
    CASE r.dirt WHEN 'orphan_order' THEN gen.hole(r.n, :all_orders) WHEN 'child_of_rejected_order' THEN bo.id
                ELSE CASE WHEN r.n % 5 > 0 THEN c.order_id END END AS instruction_id,
    CASE r.dirt WHEN 'orphan_patient' THEN gen.hole(r.n, :all_patients) WHEN 'child_of_rejected_patient' THEN bp.id
                ELSE CASE WHEN r.n % 5 = 0 OR r.n % 3 = 0 THEN c.patient_id END END AS patient_id,
    CASE r.dirt WHEN 'orphan_case' THEN gen.hole(r.n, :all_cases) WHEN 'child_of_rejected_case' THEN bc.id
                ELSE CASE WHEN r.n % 5 IN (1, 2) THEN c.id END END AS instance_id,
    CASE r.dirt WHEN 'orphan_parent' THEN gen.hole(r.n, :all_messages) WHEN 'child_of_rejected_parent' THEN bm.id
                ELSE m.id END AS parent_id,
    CASE WHEN r.dirt = 'orphan_author' THEN gen.hole(r.n, :all_users) WHEN r.n % 10 > 0 THEN u.id END AS author_id
FROM gen.messages r
JOIN gen.ok_case_order c ON c.pos = 1 + gen.pick(r.n, 181, :ok_cases)
JOIN gen.ok_users u ON u.pos = gen.skewed(r.n, 182, :ok_users)
LEFT JOIN gen.ok_messages m ON r.n % 4 = 0 AND m.pos = greatest(1, r.n * 9 / 10 - gen.pick(r.n, 183, 50))
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + r.n % :bad_orders AND r.dirt = 'child_of_rejected_order'
LEFT JOIN gen.bad_patients bp ON bp.pos = 1 + r.n % :bad_patients AND r.dirt = 'child_of_rejected_patient'
LEFT JOIN gen.bad_cases bc ON bc.pos = 1 + r.n % :bad_cases AND r.dirt = 'child_of_rejected_case'
LEFT JOIN gen.bad_messages bm ON bm.pos = 1 + r.n % :bad_messages AND r.dirt = 'child_of_rejected_parent';

INSERT INTO dispatch_record
SELECT r.id, r.instruction_id, r.patient_id, r.instance_id, r.parent_id, r.author_id,
    CASE WHEN r.dirt = 'draft' THEN 'draft' WHEN r.n % 7 = 0 THEN 'note' ELSE 'message' END,
    CASE r.dirt WHEN 'nul_escape' THEN 'Pasted from the scanner: \u0000 and \x00 and \000, end.'
                WHEN 'line_ends' THEN E'Hello,\r\n\r\n' || gen.prose(r.n, 184, 300) || E'\r\nBest regards\r'
                WHEN 'non_bmp' THEN '🦷 ' || gen.prose(r.n, 184, 200) || ' 👍🏽 𝔄'
                ELSE gen.prose(r.n, 184, 1200) END,
    gen.moment(r.n, :all_messages, 186),
    gen.moment(r.n, :all_messages, 186) + CASE WHEN r.n % 6 = 0 THEN gen.pick(r.n, 187, 90000) ELSE 0 END * interval '1 second'
FROM gen.record_rows r
ORDER BY r.n;

INSERT INTO dispatch_file
SELECT f.id,
    CASE f.dirt WHEN 'orphan_order' THEN gen.hole(f.n, :all_orders) WHEN 'child_of_rejected_order' THEN bo.id ELSE o.id END,
    CASE f.dirt WHEN 'orphan_patient' THEN gen.hole(f.n, :all_patients) WHEN 'child_of_rejected_patient' THEN bp.id
                ELSE CASE WHEN f.n % 3 = 0 THEN o.patient_id END END,
    CASE WHEN f.dirt = 'path_traversal' THEN 'media/upload/../../etc/scan_' || f.n || '.stl'
         ELSE CASE WHEN f.n % 10 = 0 THEN '/media/' ELSE 'media/' END || extract(year FROM gen.moment(f.n, :all_files, 192)) || '/'
            || substr(md5(f.n::text), 1, 2) || '/' || CASE WHEN f.n % 50 = 0 THEN 'Gipsmodell Größe ' ELSE 'scan_' END || f.n || '.' || ext END,
    CASE WHEN f.dirt = 'overlong_name' THEN repeat('Unterkiefer_Schiene_final_', 9) ELSE 'scan ' END || f.n || '.' || ext,
    ('{model/stl,image/jpeg,application/pdf,application/dicom}'::text[])[1 + f.n % 4],
    1000 + gen.pick(f.n, 193, 90000000), gen.moment(f.n, :all_files, 192)
FROM (SELECT *, ('{stl,jpg,pdf,dcm}'::text[])[1 + n % 4] AS ext FROM gen.files) f
JOIN gen.ok_order_patient o ON o.pos = 1 + gen.pick(f.n, 191, :ok_orders)
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + f.n % :bad_orders AND f.dirt = 'child_of_rejected_order'
LEFT JOIN gen.bad_patients bp ON bp.pos = 1 + f.n % :bad_patients AND f.dirt = 'child_of_rejected_patient'
ORDER BY f.n;

INSERT INTO dispatch_file_inventory
SELECT f.path, f.size FROM dispatch_file f JOIN gen.files g USING (id) WHERE g.dirt IS DISTINCT FROM 'missing_file'
ORDER BY g.n;

SELECT gen.total('templates') AS total \gset

INSERT INTO dispatch_template
SELECT t.id, 'tpl_' || t.n, 'Template ' || t.n,
    'Order {{order_number}}: ' || ('{received,"in production",shipped,completed}'::text[])[1 + t.n % 4],
    'Dear {{ doctor_name }},' || E'\n\n' || gen.prose(t.n, 201, 500) || E'\n\nOrder {{order_number}} for {{patient_name}}'
        || CASE WHEN t.dirt = 'unknown_variable' THEN ' ({{ discount_code }})' WHEN t.n % 3 = 0 THEN ', due {{due_date}}' ELSE '' END
        || E'\n{{office_name}}',
    NOT t.lost AND t.n % 5 > 0, gen.moment(t.n, :total, 203), gen.moment(t.n, :total, 203) + interval '9 days'
FROM gen.templates t
ORDER BY t.n;

SELECT gen.total('treatment_plans') AS total \gset

INSERT INTO dispatch_treatment_plan
SELECT t.id,
    CASE t.dirt WHEN 'orphan_patient' THEN gen.hole(t.n, :all_patients) WHEN 'child_of_rejected_patient' THEN bp.id ELSE c.patient_id END,
    CASE t.dirt WHEN 'orphan_case' THEN gen.hole(t.n, :all_cases) WHEN 'child_of_rejected_case' THEN bc.id ELSE c.id END,
    'Plan ' || t.n,
    CASE WHEN t.dirt = 'invalid_json' THEN left(document, length(document) / 2) WHEN t.n % 97 = 0 THEN NULL ELSE document END,
    1 + gen.pick(t.n, 212, 4), gen.moment(t.n, :total, 213),
    gen.moment(t.n, :total, 213) + gen.pick(t.n, 214, 4000000) * interval '1 second'
FROM gen.treatment_plans t
JOIN gen.ok_case_order c ON c.pos = 1 + gen.pick(t.n, 211, :ok_cases)
LEFT JOIN gen.bad_patients bp ON bp.pos = 1 + t.n % :bad_patients AND t.dirt = 'child_of_rejected_patient'
LEFT JOIN gen.bad_cases bc ON bc.pos = 1 + t.n % :bad_cases AND t.dirt IN ('child_of_rejected_case', 'rejected_in_json')
CROSS JOIN LATERAL (SELECT format(
    '{"title": "%s", "doctor": {"note": "%s"}, "stages": [{"no": 1, "case_id": %s, "teeth": [11, 12, %s], "weeks": %s.50}, '
        '{"no": 2, "case_id": %s, "teeth": []}, {"no": 3, "comment": "check \"bite\" \u00b5m"}], "revision": %s}',
    'Alignment ' || t.n, gen.prose(t.n, 215, 300), c.id, 13 + t.n % 8, 1 + t.n % 9,
    CASE t.dirt WHEN 'orphan_in_json' THEN gen.hole(t.n, :all_cases)::text WHEN 'rejected_in_json' THEN bc.id::text
                ELSE CASE WHEN t.n % 3 = 0 THEN 'null' ELSE c.id::text END END,
    t.n % 5) AS document) d
ORDER BY t.n;

SELECT gen.total('technicians') AS total \gset

INSERT INTO dispatch_agent
SELECT a.id,
    CASE WHEN a.dirt = 'orphan_user' THEN gen.hole(a.n, :all_users) ELSE u.id END,
    CASE a.dirt WHEN 'orphan_office' THEN gen.hole(a.n, :all_offices)
                WHEN 'child_of_rejected_office' THEN (SELECT b.id FROM gen.bad_offices b WHERE b.pos = 1 + a.n % :bad_offices)
                ELSE o.id END,
    CASE WHEN a.dirt = 'unknown_role' THEN 'astrologer' ELSE ('{cad,milling,ceramist,quality,lead,CAD}'::text[])[1 + a.n % 6] END,
    gen.pick(a.n, 221, 64), NOT a.lost, gen.moment(a.n, :total, 222), gen.moment(a.n, :total, 222) + interval '3 days'
FROM gen.technicians a
JOIN gen.ok_offices o ON o.pos = gen.skewed(a.n, 223, :ok_offices)
LEFT JOIN gen.ok_users u ON u.pos = (SELECT total FROM gen.totals WHERE entity = 'doctors') + a.n
ORDER BY a.n;

SELECT gen.total('payments') AS total \gset

INSERT INTO dispatch_payment
SELECT p.id,
    CASE p.dirt WHEN 'orphan_order' THEN gen.hole(p.n, :all_orders) WHEN 'child_of_rejected_order' THEN bo.id ELSE o.id END,
    CASE WHEN p.dirt = 'amount_overflow' THEN 999999999999999 + p.n ELSE 900 + gen.pick(p.n, 232, 250000) END,
    CASE WHEN p.dirt = 'unknown_currency' THEN 'Taler' ELSE ('{EUR,EUR,eur,€,"Euro ",CHF,sFr}'::text[])[1 + gen.pick(p.n, 233, 7)] END,
    CASE WHEN p.dirt = 'unknown_status' THEN 8 WHEN p.lost THEN 4 ELSE 1 + gen.pick(p.n, 234, 24) % 3 END,
    CASE WHEN p.n % 4 = 0 THEN lpad(gen.pick(p.n, 235, 10000)::text, 4, '0') END,
    CASE WHEN p.n % 4 = 1 THEN 'DE' || lpad(gen.pick(p.n, 236, 1000000000000)::text, 20, '0') ELSE '' END,
    CASE WHEN p.n % 4 = 2 THEN 'PP-' || md5(p.n::text) END,
    CASE WHEN p.n % 5 > 0 THEN gen.moment(p.n, :total, 237) + interval '2 days' END, gen.moment(p.n, :total, 237)
FROM gen.payments p
JOIN gen.ok_orders o ON o.pos = 1 + gen.pick(p.n, 231, :ok_orders)
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + p.n % :bad_orders AND p.dirt = 'child_of_rejected_order'
ORDER BY p.n;

SELECT gen.total('case_files') AS total \gset

INSERT INTO dispatch_case_file
SELECT x.id,
    CASE x.dirt WHEN 'orphan_case' THEN gen.hole(x.n, :all_cases) WHEN 'child_of_rejected_case' THEN bc.id ELSE c.id END,
    CASE x.dirt WHEN 'orphan_file' THEN gen.hole(x.n, :all_files) WHEN 'child_of_rejected_file' THEN bf.id ELSE f.id END,
    1 + x.n % 4, gen.moment(x.n, :total, 243)
FROM gen.case_files x
JOIN gen.ok_cases c ON c.pos = 1 + gen.pick(x.n, 241, :ok_cases)
JOIN gen.ok_files f ON f.pos = 1 + gen.pick(x.n, 242, :ok_files)
LEFT JOIN gen.bad_cases bc ON bc.pos = 1 + x.n % :bad_cases AND x.dirt = 'child_of_rejected_case'
LEFT JOIN gen.bad_files bf ON bf.pos = 1 + x.n % :bad_files AND x.dirt = 'child_of_rejected_file'
ORDER BY x.n;

SELECT gen.total('states') AS total \gset

INSERT INTO dispatch_state
SELECT s.id, s.item_type,
    CASE WHEN s.dirt LIKE '%:orphan_item' THEN gen.hole(s.n, greatest(:all_orders, :all_cases))
         WHEN s.dirt = 'orders:child_of_rejected_item' THEN bo.id WHEN s.dirt = 'cases:child_of_rejected_item' THEN bc.id
         WHEN s.item_type = 11 THEN o.id WHEN s.item_type = 12 THEN c.id ELSE f.id END,
    CASE WHEN s.dirt LIKE '%:forbidden_transition' THEN 5 WHEN s.n % 3 > 0 THEN 1 + s.n % 3 END,
    CASE WHEN s.dirt LIKE '%:forbidden_transition' THEN 2 WHEN s.dirt LIKE '%:unknown_status' THEN 99
         WHEN s.n % 40 = 1 THEN 6 WHEN s.n % 3 > 0 THEN 2 + s.n % 3 ELSE 1 END,
    CASE WHEN s.n % 9 > 0 THEN u.id END,
    CASE WHEN s.n % 12 = 0 THEN gen.prose(s.n, 255, 200) END,
    CASE WHEN s.dirt LIKE '%:infinite_created' THEN '-infinity'::timestamp ELSE gen.moment(s.n, :total, 256) END
FROM (SELECT *, CASE WHEN dirt LIKE 'orders:%' THEN 11 WHEN dirt LIKE 'cases:%' THEN 12
                     ELSE ('{11,12,11,12,11,12,11,12,11,13}'::integer[])[1 + gen.pick(n, 251, 10)] END AS item_type FROM gen.states) s
JOIN gen.ok_orders o ON o.pos = 1 + gen.pick(s.n, 252, :ok_orders)
JOIN gen.ok_cases c ON c.pos = 1 + gen.pick(s.n, 253, :ok_cases)
JOIN gen.ok_offices f ON f.pos = 1 + gen.pick(s.n, 254, :ok_offices)
JOIN gen.ok_users u ON u.pos = gen.skewed(s.n, 257, :ok_users)
LEFT JOIN gen.bad_orders bo ON bo.pos = 1 + s.n % :bad_orders AND s.dirt = 'orders:child_of_rejected_item'
LEFT JOIN gen.bad_cases bc ON bc.pos = 1 + s.n % :bad_cases AND s.dirt = 'cases:child_of_rejected_item'
ORDER BY s.n;

INSERT INTO dispatch_record_attachments
SELECT x.id,
    CASE x.dirt WHEN 'orphan_message' THEN gen.hole(x.n, :all_messages) WHEN 'child_of_rejected_message' THEN bm.id ELSE m.id END,
    CASE x.dirt WHEN 'orphan_file' THEN gen.hole(x.n, :all_files) WHEN 'child_of_rejected_file' THEN bf.id ELSE f.id END
FROM gen.message_attachments x
JOIN gen.ok_messages m ON m.pos = 1 + gen.pick(x.n, 261, :ok_messages)
JOIN gen.ok_files f ON f.pos = 1 + gen.pick(x.n, 262, :ok_files)
LEFT JOIN gen.bad_messages bm ON bm.pos = 1 + x.n % :bad_messages AND x.dirt = 'child_of_rejected_message'
LEFT JOIN gen.bad_files bf ON bf.pos = 1 + x.n % :bad_files AND x.dirt = 'child_of_rejected_file'
ORDER BY x.n;

-- ---------------------------------------------------------------------------------------------------------- notifications

SELECT greatest(:notifications::bigint, 200) AS all_notifications, gen.total('templates') AS all_templates,
    gen.ok('templates') AS ok_templates, gen.bad('templates') AS bad_templates,
    (SELECT array_agg(kind ORDER BY ordinal) FROM gen.kinds WHERE entity = 'system_messages') AS labels,
    (SELECT array_agg(upper ORDER BY ordinal) FROM (
        SELECT ordinal, sum(rate) OVER (ORDER BY ordinal)::integer AS upper
        FROM gen.kinds WHERE entity = 'system_messages') bounds) AS bounds \gset

CREATE UNLOGGED TABLE gen.notification_dirt (dirt text, rows bigint);

-- Dealt in slices, so that every sort and hash stays in memory.
CREATE FUNCTION gen.dealt_notifications(lower bigint, upper bigint)
    RETURNS TABLE (n bigint, dirt text, item_type integer) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT d.n, d.dirt,
        CASE WHEN d.dirt LIKE '%\_order' THEN 11 WHEN d.dirt LIKE '%\_case' THEN 12
             ELSE ('{11,11,11,11,12,12,12,14,NULL,NULL}'::integer[])[1 + gen.pick(d.n, 301, 10)] END
    FROM (SELECT s.n, gen.kind(s.n, 300, :'bounds'::integer[], :'labels'::text[]) AS dirt
          FROM generate_series(lower, upper) s (n)) d;
END;

CREATE PROCEDURE gen.notify(lower bigint, upper bigint) LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO dispatch_notification
    SELECT gen.key(d.n, :all_notifications) + CASE WHEN d.n = :all_notifications THEN 7000000000 ELSE 0 END,
        CASE d.dirt WHEN 'orphan_user' THEN gen.hole(d.n, :all_users) WHEN 'child_of_rejected_user' THEN bu.id ELSE u.id END,
        CASE d.dirt WHEN 'orphan_template' THEN gen.hole(d.n, :all_templates) WHEN 'child_of_rejected_template' THEN bt.id
                    ELSE CASE WHEN d.n % 20 > 0 THEN t.id END END,
        d.item_type,
        CASE WHEN d.dirt = 'orphan_order' THEN gen.hole(d.n, :all_orders) WHEN d.dirt = 'child_of_rejected_order' THEN bo.id
             WHEN d.dirt = 'orphan_case' THEN gen.hole(d.n, :all_cases) WHEN d.dirt = 'child_of_rejected_case' THEN bc.id
             WHEN d.item_type = 11 THEN o.id WHEN d.item_type = 12 THEN c.id WHEN d.item_type = 14 THEN 1 + d.n % 90000 END,
        CASE WHEN d.dirt = 'unknown_channel' THEN 7 ELSE 1 + gen.pick(d.n, 302, 12) % 3 END,
        CASE WHEN d.dirt = 'json_python_repr' THEN format(
                '{''order_number'': ''A-%s'', ''patient_name'': ''%s'', ''urgent'': %s, ''due_date'': None}',
                d.n, gen.last_name(d.n, 303), CASE WHEN d.n % 2 = 0 THEN 'True' ELSE 'False' END)
             WHEN d.dirt = 'json_empty' THEN ''
             WHEN d.dirt = 'json_nul_escape' THEN '{"order_number": "A-' || d.n || '", "note": "scan\u0000.stl"}'
             WHEN d.dirt = 'json_lone_surrogate' THEN '{"order_number": "A-' || d.n || '", "note": "thanks \ud83e"}'
             WHEN d.dirt = 'json_non_bmp' THEN left(document.text, -1) || ', "note": "🦷 \ud83e\uddb7 \\u0000 \"ok\"\r\n"}'
             WHEN d.dirt = 'json_truncated' THEN left(document.text, 30 + gen.pick(d.n, 306, 60)::integer)
             WHEN d.n % 15 = 0 THEN NULL
             ELSE document.text END,
        CASE WHEN d.n % 3 > 0 THEN moment.created + gen.pick(d.n, 307, 900000) * interval '1 second' END,
        moment.created
    FROM gen.dealt_notifications(lower, upper) d
    CROSS JOIN LATERAL (SELECT gen.moment(d.n, :all_notifications, 308)) moment (created)
    CROSS JOIN LATERAL (SELECT format(
        '{"order_number": "A-%s", "patient_name": "%s", "doctor_name": "Dr. %s", "office_name": "Dental office %s", "due_date": "%s", '
            '"urgent": %s, "price": %s.%s, '
            '"lines": [{"no": 1, "text": "%s"}], "links": {"order": "https://lab.example/orders/%s", "unsubscribe": null}}',
        d.n, gen.last_name(d.n, 303), gen.last_name(d.n, 305), d.n % 2500, to_char(moment.created, 'YYYY-MM-DD'), CASE WHEN d.n % 8 = 0 THEN 'true' ELSE 'false' END,
        d.n % 900, 10 + d.n % 90, gen.prose(d.n, 304, 160), d.n % 150000)) document (text)
    JOIN gen.ok_users u ON u.pos = gen.skewed(d.n, 309, :ok_users)
    JOIN gen.ok_templates t ON t.pos = gen.skewed(d.n, 310, :ok_templates)
    LEFT JOIN gen.ok_orders o ON d.item_type = 11 AND o.pos = 1 + gen.pick(d.n, 311, :ok_orders)
    LEFT JOIN gen.ok_cases c ON d.item_type = 12 AND c.pos = 1 + gen.pick(d.n, 312, :ok_cases)
    LEFT JOIN gen.bad_users bu ON d.dirt = 'child_of_rejected_user' AND bu.pos = 1 + d.n % :bad_users
    LEFT JOIN gen.bad_templates bt ON d.dirt = 'child_of_rejected_template' AND bt.pos = 1 + d.n % :bad_templates
    LEFT JOIN gen.bad_orders bo ON d.dirt = 'child_of_rejected_order' AND bo.pos = 1 + d.n % :bad_orders
    LEFT JOIN gen.bad_cases bc ON d.dirt = 'child_of_rejected_case' AND bc.pos = 1 + d.n % :bad_cases
    ORDER BY d.n;

    INSERT INTO gen.notification_dirt
    SELECT d.dirt, count(*) FROM gen.dealt_notifications(lower, upper) d WHERE d.dirt IS NOT NULL GROUP BY d.dirt;
END;

SELECT format('CALL gen.notify(%s, %s)', lower, least(lower + 249999, :all_notifications))
FROM generate_series(1, :all_notifications, 250000) lower \gexec

-- --------------------------------------------------------------------------------------------------- what was planted, counted

INSERT INTO legacy_dirt
SELECT dirt, 'system_messages', sum(d.rows), k.outcome FROM gen.notification_dirt d
JOIN gen.kinds k ON k.entity = 'system_messages' AND k.kind = d.dirt
GROUP BY dirt, k.outcome;

-- One source table, several targets: what a row's dirt means in each of them.
INSERT INTO legacy_dirt
SELECT kind, other, rows, CASE WHEN other = 'identities' THEN 'orphan' ELSE outcome END
FROM legacy_dirt, unnest('{profiles,identities}'::text[]) other WHERE entity = 'users';

INSERT INTO legacy_dirt
SELECT split_part(kind, ':', 2), CASE split_part(kind, ':', 1) WHEN 'orders' THEN 'order_states' ELSE 'case_states' END, rows, outcome
FROM legacy_dirt WHERE entity = 'states';
DELETE FROM legacy_dirt WHERE entity = 'states';

INSERT INTO legacy_dirt
SELECT dirt, 'case_messages', count(*), CASE WHEN dirt = 'draft' THEN 'filtered' ELSE 'orphan' END
FROM gen.record_rows
WHERE instance_id IS NOT NULL AND (lost OR dirt IN ('orphan_case', 'child_of_rejected_case'))
GROUP BY dirt;

DROP SCHEMA gen CASCADE;

SELECT setval(pg_get_serial_sequence(t, 'id'), 2000000000)
FROM unnest('{auth_user,dispatch_office,dispatch_doctor,dispatch_patient,dispatch_product,dispatch_instruction,dispatch_record,dispatch_file,'
    'dispatch_template,dispatch_instance,dispatch_treatment_plan,dispatch_agent,dispatch_jaw,dispatch_payment,dispatch_case_file,'
    'dispatch_state,dispatch_record_attachments}'::text[]) t \g /dev/null
SELECT setval('dispatch_notification_id_seq', 9000000000) \g /dev/null

VACUUM ANALYZE;

SELECT (SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relname ~ '^(auth|dispatch)_') AS rows,
    (SELECT count(*) FROM legacy_dirt) AS kinds_of_dirt, (SELECT sum(rows) FROM legacy_dirt) AS dirty_rows;
