/// The SQL text of `godwit.uuid_v5(namespace, name)`.
///
/// It calls `uuid-ossp` or `pgcrypto` where one of them is installed; PostgreSQL itself has no SHA-1, so that otherwise the
/// function computes it in PL/pgSQL: right, but about a millisecond per call.
enum NamedUUIDFunction {
    static func sql(schema: String) -> String {
        """
        DO $outer$
        DECLARE place text;
        BEGIN
            SELECT n.nspname INTO place FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'uuid-ossp';
            IF place IS NOT NULL THEN
                EXECUTE format($create$
                    CREATE OR REPLACE FUNCTION \(schema).uuid_v5(namespace uuid, name text) RETURNS uuid
                    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
                    SELECT %I.uuid_generate_v5(namespace, name) $body$ $create$, place);
                RETURN;
            END IF;
            SELECT n.nspname INTO place FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
            WHERE e.extname = 'pgcrypto';
            IF place IS NULL THEN
                place := \(IdentityFunctions.literal(schema));
                \(self.sha1(schema: schema))
            ELSE
                EXECUTE format($create$
                    CREATE OR REPLACE FUNCTION \(schema).sha1(message bytea) RETURNS bytea
                    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
                    SELECT %I.digest(message, 'sha1') $body$ $create$, place);
            END IF;
            CREATE OR REPLACE FUNCTION \(schema).uuid_v5(namespace uuid, name text) RETURNS uuid
            LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
            DECLARE digest bytea := \(schema).sha1(uuid_send(namespace) || convert_to(name, 'UTF8'));
            BEGIN
                digest := set_byte(digest, 6, get_byte(digest, 6) & 15 | 80);
                digest := set_byte(digest, 8, get_byte(digest, 8) & 63 | 128);
                RETURN encode(substr(digest, 1, 16), 'hex')::uuid;
            END $body$;
        END $outer$;
        """
    }

    /// SHA-1 (RFC 3174) on bigints masked to 32 bits; PostgreSQL gives all of these operators one precedence.
    private static func sha1(schema: String) -> String {
        """
        CREATE OR REPLACE FUNCTION \(schema).sha1(message bytea) RETURNS bytea
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$
        DECLARE
            mask CONSTANT bigint := 4294967295;
            size CONSTANT bigint := length(message);
            padded bytea := message || '\\x80'::bytea
                || decode(repeat('00', ((119 - size % 64) % 64)::integer), 'hex') || int8send(size * 8);
            h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
            w bigint[];
            a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; t bigint; x bigint;
        BEGIN
            FOR block IN 0 .. length(padded) / 64 - 1 LOOP
                FOR i IN 0 .. 79 LOOP
                    IF i < 16 THEN
                        w[i] := (get_byte(padded, block * 64 + i * 4)::bigint << 24)
                            | (get_byte(padded, block * 64 + i * 4 + 1) << 16)
                            | (get_byte(padded, block * 64 + i * 4 + 2) << 8)
                            | get_byte(padded, block * 64 + i * 4 + 3);
                    ELSE
                        x := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
                        w[i] := ((x << 1) | (x >> 31)) & mask;
                    END IF;
                END LOOP;
                a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
                FOR i IN 0 .. 79 LOOP
                    IF i < 20 THEN f := (b & c) | (~b & mask & d); k := 1518500249;
                    ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
                    ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
                    ELSE f := b # c # d; k := 3395469782;
                    END IF;
                    t := ((((a << 5) | (a >> 27)) & mask) + f + e + k + w[i]) & mask;
                    e := d; d := c; c := ((b << 30) | (b >> 2)) & mask; b := a; a := t;
                END LOOP;
                h := ARRAY[(h[1] + a) & mask, (h[2] + b) & mask, (h[3] + c) & mask, (h[4] + d) & mask, (h[5] + e) & mask];
            END LOOP;
            RETURN substr(int8send(h[1]), 5) || substr(int8send(h[2]), 5) || substr(int8send(h[3]), 5)
                || substr(int8send(h[4]), 5) || substr(int8send(h[5]), 5);
        END $body$;
        """
    }
}
