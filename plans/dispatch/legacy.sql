-- The legacy system: a Django application for dental laboratories, as its database looks after ten years.
--
--   createdb dispatch_legacy
--   psql -v ON_ERROR_STOP=1 -d dispatch_legacy -f legacy.sql
--
-- Integer keys from sequences, almost everything nullable, status codes as integers, JSON in text columns, local wall-clock
-- time in `timestamp` columns (USE_TZ = False, Europe/Berlin). The foreign keys were dropped years ago ("db_constraint=False",
-- for speed), which is where the orphans come from; Django's indexes on them are still there.

BEGIN;

CREATE TABLE auth_user (
    id serial PRIMARY KEY,
    password varchar(128) NOT NULL,
    last_login timestamp,
    is_superuser boolean NOT NULL DEFAULT false,
    username varchar(150) NOT NULL,
    first_name varchar(150) NOT NULL DEFAULT '',
    last_name varchar(150) NOT NULL DEFAULT '',
    email varchar(254) NOT NULL DEFAULT '',
    is_staff boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    date_joined timestamp NOT NULL
);

CREATE TABLE dispatch_office (
    id serial PRIMARY KEY,
    name varchar(200),
    street varchar(200),
    house_number varchar(20),
    postal_code varchar(20),
    city varchar(120),
    country varchar(60),
    phone varchar(60),
    email varchar(254),
    is_active boolean,
    created timestamp,
    modified timestamp
);

CREATE TABLE dispatch_doctor (
    id serial PRIMARY KEY,
    user_id integer,
    office_id integer,
    title varchar(40),
    first_name varchar(150),
    last_name varchar(150),
    licence varchar(40),
    is_active boolean,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_doctor_user_id ON dispatch_doctor (user_id);
CREATE INDEX dispatch_doctor_office_id ON dispatch_doctor (office_id);

CREATE TABLE dispatch_patient (
    id serial PRIMARY KEY,
    doctor_id integer,
    first_name varchar(255),
    last_name varchar(255),
    birth_date date,
    sex integer,                            -- 1 female, 2 male, 3 diverse
    email varchar(254),
    phone varchar(60),
    insurance_number varchar(40),
    notes text,
    active boolean,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_patient_doctor_id ON dispatch_patient (doctor_id);

CREATE TABLE dispatch_product (
    id serial PRIMARY KEY,
    code varchar(40),
    name varchar(200),
    description text,
    category integer,                       -- 1 crown, 2 bridge, 3 aligner, 4 splint, 5 denture
    price_cents integer,
    active boolean,
    created timestamp,
    modified timestamp
);

CREATE TABLE dispatch_instruction (
    id serial PRIMARY KEY,
    number varchar(40),
    patient_id integer,
    office_id integer,
    upper_jaw_id integer,
    lower_jaw_id integer,
    status integer,                         -- 1 draft, 2 submitted, 3 in production, 4 shipped, 5 completed, 6 cancelled
    priority integer,
    notes text,
    due timestamp,
    deleted boolean,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_instruction_patient_id ON dispatch_instruction (patient_id);
CREATE INDEX dispatch_instruction_office_id ON dispatch_instruction (office_id);
CREATE INDEX dispatch_instruction_upper_jaw_id ON dispatch_instruction (upper_jaw_id);
CREATE INDEX dispatch_instruction_lower_jaw_id ON dispatch_instruction (lower_jaw_id);

CREATE TABLE dispatch_record (
    id serial PRIMARY KEY,
    instruction_id integer,
    patient_id integer,
    instance_id integer,
    parent_id integer,
    author_id integer,
    kind varchar(20),                       -- 'message', 'note', 'draft'
    text text,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_record_instruction_id ON dispatch_record (instruction_id);
CREATE INDEX dispatch_record_instance_id ON dispatch_record (instance_id);

CREATE TABLE dispatch_file (
    id serial PRIMARY KEY,
    instruction_id integer,
    patient_id integer,
    path varchar(500),
    name varchar(255),
    content_type varchar(120),
    size bigint,
    created timestamp
);
CREATE INDEX dispatch_file_instruction_id ON dispatch_file (instruction_id);

-- What the old file server really holds, loaded from a CSV (`\copy dispatch_file_inventory FROM 'inventory.csv' CSV`).
CREATE TABLE dispatch_file_inventory (
    path varchar(500) PRIMARY KEY,
    size bigint
);

CREATE TABLE dispatch_template (
    id serial PRIMARY KEY,
    code varchar(60),
    name varchar(200),
    subject varchar(255),
    body text,
    active boolean,
    created timestamp,
    modified timestamp
);

CREATE TABLE dispatch_instance (
    id serial PRIMARY KEY,
    instruction_id integer,
    patient_id integer,
    doctor_id integer,
    number varchar(40),
    status integer,                         -- 1 planned, 2 in review, 3 approved, 4 in treatment, 5 finished, 6 cancelled
    started timestamp,
    finished timestamp,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_instance_instruction_id ON dispatch_instance (instruction_id);
CREATE INDEX dispatch_instance_patient_id ON dispatch_instance (patient_id);

CREATE TABLE dispatch_treatment_plan (
    id serial PRIMARY KEY,
    patient_id integer,
    instance_id integer,
    name varchar(200),
    plan text,                              -- JSON: {"stages": [{"no": 1, "case_id": 4711, "teeth": [11, 12]}, …], …}
    version integer,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_treatment_plan_instance_id ON dispatch_treatment_plan (instance_id);

CREATE TABLE dispatch_agent (
    id serial PRIMARY KEY,
    user_id integer,
    office_id integer,
    role varchar(40),                       -- 'cad', 'milling', 'ceramist', 'quality', 'lead'
    permissions integer,                    -- bits: 1 read orders, 2 write orders, 4 read cases, 8 write cases, 16 ship, 32 invoice
    active boolean,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_agent_user_id ON dispatch_agent (user_id);

CREATE TABLE dispatch_jaw (
    id serial PRIMARY KEY,
    instruction_id integer,
    product_id integer,
    shade varchar(20),
    teeth varchar(120),                     -- '11,12,21'
    notes text,
    created timestamp,
    modified timestamp
);
CREATE INDEX dispatch_jaw_instruction_id ON dispatch_jaw (instruction_id);

CREATE TABLE dispatch_payment (
    id serial PRIMARY KEY,
    instruction_id integer,
    amount_cents bigint,
    currency varchar(20),                   -- 'EUR', 'eur', '€', 'Euro ', 'CHF', 'sFr', …
    status integer,                         -- 1 open, 2 paid, 3 refunded, 4 void
    card_last4 varchar(4),
    iban varchar(34),
    paypal_reference varchar(60),
    paid_at timestamp,
    created timestamp
);
CREATE INDEX dispatch_payment_instruction_id ON dispatch_payment (instruction_id);

CREATE TABLE dispatch_case_file (
    id serial PRIMARY KEY,
    instance_id integer,
    file_id integer,
    kind integer,                           -- 1 scan, 2 x-ray, 3 photo, 4 design
    created timestamp
);
CREATE INDEX dispatch_case_file_instance_id ON dispatch_case_file (instance_id);

-- A state history for several kinds of items: 11 instruction, 12 instance, 13 office (an abandoned experiment).
CREATE TABLE dispatch_state (
    id serial PRIMARY KEY,
    item_type_id integer,
    item_id integer,
    from_status integer,
    to_status integer,
    user_id integer,
    comment text,
    created timestamp
);
CREATE INDEX dispatch_state_item ON dispatch_state (item_type_id, item_id);

-- Ran out of integers in 2021, hence the only bigserial.
CREATE TABLE dispatch_notification (
    id bigserial PRIMARY KEY,
    user_id integer,
    template_id integer,
    item_type_id integer,                   -- 11 instruction, 12 instance, 14 invoice (never migrated), NULL none
    item_id bigint,
    channel integer,                        -- 1 in-app, 2 e-mail, 3 text message
    template_context text,                  -- JSON, most of the time
    read_at timestamp,
    created timestamp
);
CREATE INDEX dispatch_notification_user_id ON dispatch_notification (user_id);

CREATE TABLE dispatch_record_attachments (
    id serial PRIMARY KEY,
    record_id integer,
    file_id integer
);
CREATE INDEX dispatch_record_attachments_record_id ON dispatch_record_attachments (record_id);

-- Not part of the legacy system: what `generate.sql` planted, counted.
CREATE TABLE legacy_dirt (
    kind text NOT NULL,
    entity text NOT NULL,                   -- the plan's name of the entity
    rows bigint NOT NULL,
    outcome text NOT NULL,                  -- the reject's reason, or 'migrated' where the plan copes with it
    PRIMARY KEY (kind, entity)
);

COMMIT;
