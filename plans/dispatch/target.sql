-- The new system, shaped as a Supabase project is: schemas auth, storage and public, its three roles, row-level security.
--
--   createdb dispatch_target
--   psql -v ON_ERROR_STOP=1 -d dispatch_target -f target.sql
--
-- On Supabase itself leave out the sections "roles", "auth" and "storage": the platform has them, and does not let you change them
-- (which is why auth.users has no legacy column here either). Every table in public keeps the key of the old system in a unique
-- legacy_*_id that is nullable, because the new application makes rows too.

BEGIN;

-- ---------------------------------------------------------------------------------------------------------------- roles

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY '{anon,authenticated,service_role}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT %s', name, CASE name WHEN 'service_role' THEN 'BYPASSRLS' END);
        END IF;
    END LOOP;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;   -- another database of this server was being set up at the same moment
END $$;

-- ----------------------------------------------------------------------------------------------------------------- auth

CREATE SCHEMA auth;

CREATE TABLE auth.users (
    instance_id uuid,
    id uuid PRIMARY KEY,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    email_change_token_new varchar(255),
    email_change varchar(255),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    phone text UNIQUE DEFAULT NULL,
    phone_confirmed_at timestamptz,
    phone_change text DEFAULT '',
    phone_change_token varchar(255) DEFAULT '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz GENERATED ALWAYS AS (LEAST(email_confirmed_at, phone_confirmed_at)) STORED,
    email_change_token_current varchar(255) DEFAULT '',
    email_change_confirm_status smallint DEFAULT 0 CHECK (email_change_confirm_status BETWEEN 0 AND 2),
    banned_until timestamptz,
    reauthentication_token varchar(255) DEFAULT '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean NOT NULL DEFAULT false,
    deleted_at timestamptz,
    is_anonymous boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE is_sso_user = false;
CREATE INDEX users_instance_id_idx ON auth.users (instance_id);

CREATE TABLE auth.identities (
    provider_id text NOT NULL,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    identity_data jsonb NOT NULL,
    provider text NOT NULL,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    CONSTRAINT identities_provider_id_provider_unique UNIQUE (provider_id, provider)
);
CREATE INDEX identities_user_id_idx ON auth.identities (user_id);

CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
    RETURN nullif(current_setting('request.jwt.claim.sub', true), '')::uuid;

-- -------------------------------------------------------------------------------------------------------------- storage

CREATE SCHEMA storage;

CREATE TABLE storage.objects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bucket_id text,
    name text,
    owner uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    last_accessed_at timestamptz DEFAULT now(),
    metadata jsonb,
    path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED,
    version text,
    UNIQUE (bucket_id, name)
);

-- --------------------------------------------------------------------------------------------------------------- public

CREATE TYPE public.app_role AS ENUM ('admin', 'staff', 'doctor', 'technician', 'member');
CREATE TYPE public.sex AS ENUM ('female', 'male', 'diverse');
CREATE TYPE public.product_category AS ENUM ('crown', 'bridge', 'aligner', 'splint', 'denture', 'other');
CREATE TYPE public.order_status AS ENUM ('draft', 'submitted', 'in_production', 'shipped', 'completed', 'cancelled');
CREATE TYPE public.case_status AS ENUM ('planned', 'in_review', 'approved', 'in_treatment', 'finished', 'cancelled');
CREATE TYPE public.message_kind AS ENUM ('message', 'note');
CREATE TYPE public.storage_status AS ENUM ('present', 'missing');
CREATE TYPE public.technician_role AS ENUM ('cad_designer', 'milling', 'ceramist', 'quality', 'lead');
CREATE TYPE public.jaw_type AS ENUM ('upper', 'lower');
CREATE TYPE public.payment_method AS ENUM ('card', 'bank_transfer', 'paypal', 'unknown');
CREATE TYPE public.payment_status AS ENUM ('open', 'paid', 'refunded', 'void');
CREATE TYPE public.case_file_kind AS ENUM ('scan', 'xray', 'photo', 'design');
CREATE TYPE public.message_channel AS ENUM ('in_app', 'email', 'sms');

CREATE TABLE public.offices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    address text NOT NULL CHECK (length(address) > 5),
    city text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    phone text,
    email text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_office_id bigint UNIQUE
);

CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    email text NOT NULL UNIQUE,
    full_name text,
    role public.app_role NOT NULL DEFAULT 'member',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_user_id bigint UNIQUE
);

CREATE TABLE public.doctors (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    profile_id uuid REFERENCES public.profiles,
    office_id uuid NOT NULL REFERENCES public.offices,
    title text,
    first_name text NOT NULL,
    last_name text NOT NULL,
    licence_number text NOT NULL CHECK (licence_number ~ '^[A-Z]{2}[0-9]{6}$'),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_doctor_id bigint UNIQUE
);
CREATE INDEX doctors_office_id_idx ON public.doctors (office_id);
CREATE INDEX doctors_profile_id_idx ON public.doctors (profile_id);

CREATE TABLE public.patients (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    doctor_id uuid NOT NULL REFERENCES public.doctors,
    first_name varchar(80) NOT NULL,
    last_name varchar(80) NOT NULL,
    birth_date date CHECK (birth_date BETWEEN '1900-01-01' AND '2030-12-31'),
    sex public.sex,
    email text,
    phone text,
    insurance_number text,
    notes text,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_patient_id bigint UNIQUE
);
CREATE INDEX patients_doctor_id_idx ON public.patients (doctor_id);

CREATE TABLE public.products (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    description varchar(500),
    category public.product_category NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_product_id bigint UNIQUE
);

CREATE TABLE public.orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_number text NOT NULL,
    patient_id uuid NOT NULL REFERENCES public.patients,
    office_id uuid NOT NULL REFERENCES public.offices,
    office_address text,
    upper_jaw_id uuid,
    lower_jaw_id uuid,
    status public.order_status NOT NULL DEFAULT 'draft',
    priority smallint NOT NULL DEFAULT 1,
    notes text,
    due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_instruction_id bigint UNIQUE
);
CREATE INDEX orders_patient_id_idx ON public.orders (patient_id);
CREATE INDEX orders_office_id_idx ON public.orders (office_id);
CREATE INDEX orders_order_number_idx ON public.orders (order_number);

CREATE TABLE public.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid REFERENCES public.orders,
    patient_id uuid REFERENCES public.patients,
    parent_id uuid REFERENCES public.messages,
    author_id uuid REFERENCES public.profiles,
    kind public.message_kind NOT NULL DEFAULT 'message',
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_record_id bigint UNIQUE
);
CREATE INDEX messages_order_id_idx ON public.messages (order_id);
CREATE INDEX messages_parent_id_idx ON public.messages (parent_id);

CREATE TABLE public.files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid REFERENCES public.orders,
    patient_id uuid REFERENCES public.patients,
    bucket text NOT NULL DEFAULT 'case-files',
    object_key text NOT NULL CHECK (object_key !~ '(^|/)\.\.(/|$)' AND object_key !~ '^/'),
    original_path text NOT NULL,
    name varchar(200),
    mime_type text,
    size_bytes bigint CHECK (size_bytes >= 0),
    storage_status public.storage_status NOT NULL DEFAULT 'present',
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_file_id bigint UNIQUE
);
CREATE INDEX files_order_id_idx ON public.files (order_id);
CREATE INDEX files_object_key_idx ON public.files (bucket, object_key);

CREATE TABLE public.templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    subject text,
    body text NOT NULL,
    variables text[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_template_id bigint UNIQUE
);

CREATE TABLE public.cases (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES public.orders,
    patient_id uuid NOT NULL REFERENCES public.patients,
    doctor_id uuid REFERENCES public.doctors,
    case_number text NOT NULL,
    status public.case_status NOT NULL DEFAULT 'planned',
    started_at timestamptz,
    finished_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_instance_id bigint UNIQUE,
    CHECK (finished_at >= started_at)
);
CREATE INDEX cases_order_id_idx ON public.cases (order_id);
CREATE INDEX cases_patient_id_idx ON public.cases (patient_id);

CREATE TABLE public.treatment_plans (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    patient_id uuid NOT NULL REFERENCES public.patients,
    case_id uuid NOT NULL REFERENCES public.cases,
    name text NOT NULL,
    plan jsonb,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_treatment_plan_id bigint UNIQUE
);
CREATE INDEX treatment_plans_case_id_idx ON public.treatment_plans (case_id);
CREATE INDEX treatment_plans_patient_id_idx ON public.treatment_plans (patient_id);

CREATE TABLE public.technicians (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    profile_id uuid REFERENCES public.profiles,
    office_id uuid NOT NULL REFERENCES public.offices,
    role public.technician_role NOT NULL,
    permissions text[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_agent_id bigint UNIQUE
);
CREATE INDEX technicians_office_id_idx ON public.technicians (office_id);

CREATE TABLE public.jaws (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES public.orders,
    product_id uuid NOT NULL REFERENCES public.products,
    jaw_type public.jaw_type NOT NULL,
    shade text,
    teeth integer[] NOT NULL DEFAULT '{}',
    notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    legacy_jaw_id bigint UNIQUE
);
CREATE INDEX jaws_order_id_idx ON public.jaws (order_id);
ALTER TABLE public.orders
    ADD CONSTRAINT orders_upper_jaw_id_fkey FOREIGN KEY (upper_jaw_id) REFERENCES public.jaws,
    ADD CONSTRAINT orders_lower_jaw_id_fkey FOREIGN KEY (lower_jaw_id) REFERENCES public.jaws;

CREATE TABLE public.payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES public.orders,
    amount numeric(12, 2) NOT NULL,
    currency text NOT NULL CHECK (currency IN ('EUR', 'CHF')),
    status public.payment_status NOT NULL DEFAULT 'open',
    method public.payment_method NOT NULL DEFAULT 'unknown',
    paid_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_payment_id bigint UNIQUE
);
CREATE INDEX payments_order_id_idx ON public.payments (order_id);

CREATE TABLE public.case_files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id uuid NOT NULL REFERENCES public.cases,
    file_id uuid NOT NULL REFERENCES public.files,
    kind public.case_file_kind NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_case_file_id bigint UNIQUE
);
CREATE INDEX case_files_case_id_idx ON public.case_files (case_id);

CREATE TABLE public.case_states (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id uuid NOT NULL REFERENCES public.cases,
    from_status public.case_status,
    to_status public.case_status NOT NULL,
    changed_by uuid REFERENCES public.profiles,
    comment text,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_state_id bigint UNIQUE
);
CREATE INDEX case_states_case_id_idx ON public.case_states (case_id);

CREATE TABLE public.order_states (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id uuid NOT NULL REFERENCES public.orders,
    from_status public.order_status,
    to_status public.order_status NOT NULL,
    changed_by uuid REFERENCES public.profiles,
    comment text,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_state_id bigint UNIQUE
);
CREATE INDEX order_states_order_id_idx ON public.order_states (order_id);

CREATE TABLE public.case_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id uuid NOT NULL REFERENCES public.messages,
    case_id uuid NOT NULL REFERENCES public.cases,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_record_id bigint UNIQUE
);
CREATE INDEX case_messages_case_id_idx ON public.case_messages (case_id);

CREATE TABLE public.system_messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    profile_id uuid NOT NULL REFERENCES public.profiles,
    order_id uuid REFERENCES public.orders,
    case_id uuid REFERENCES public.cases,
    template_id uuid REFERENCES public.templates,
    channel public.message_channel NOT NULL,
    context jsonb,
    read_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    legacy_notification_id bigint UNIQUE
);
CREATE INDEX system_messages_profile_id_idx ON public.system_messages (profile_id);
CREATE INDEX system_messages_order_id_idx ON public.system_messages (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE public.message_attachments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id uuid NOT NULL REFERENCES public.messages,
    file_id uuid NOT NULL REFERENCES public.files,
    legacy_record_attachment_id bigint UNIQUE
);
CREATE INDEX message_attachments_message_id_idx ON public.message_attachments (message_id);

-- ------------------------------------------------------------------------------------------------------------- triggers

CREATE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT table_name FROM information_schema.columns
                WHERE table_schema = 'public' AND column_name = 'updated_at' LOOP
        EXECUTE format('CREATE TRIGGER set_updated_at BEFORE UPDATE ON public.%I FOR EACH ROW EXECUTE FUNCTION public.set_updated_at()', name);
    END LOOP;
END $$;

-- A new account gets its profile. A migration brings both and must not let this make the profiles a second time.
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (id, email, full_name)
    VALUES (NEW.id, NEW.email, NEW.raw_user_meta_data ->> 'full_name');
    RETURN NEW;
END $$;

CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();

-- --------------------------------------------------------------------------------------------------- row-level security

-- As a function of its owner, so that the policy on profiles does not ask itself.
CREATE FUNCTION public.is_staff() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
    RETURN EXISTS (SELECT FROM public.profiles p WHERE p.id = auth.uid() AND p.role IN ('admin', 'staff'));

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY staff_all ON public.%I TO authenticated USING ((SELECT public.is_staff()))', name);
    END LOOP;
END $$;

CREATE POLICY own_profile ON public.profiles FOR SELECT TO authenticated USING (id = auth.uid());
CREATE POLICY own_messages ON public.system_messages FOR SELECT TO authenticated USING (profile_id = auth.uid());

GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;
GRANT USAGE ON SCHEMA auth TO authenticated, service_role;
GRANT EXECUTE ON FUNCTION auth.uid() TO authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO authenticated, service_role;

COMMIT;
