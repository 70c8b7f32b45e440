import Glibc
import Testing

/// Two tables that load without what can be built afterwards; the index over `held` waits in the middle of its build while
/// a test holds the lock.
enum Dropped {
    static let source = """
        CREATE TABLE parent (id integer PRIMARY KEY, code text);
        CREATE TABLE child (id integer PRIMARY KEY, parent_id integer);
        INSERT INTO parent SELECT n, 'code ' || n FROM generate_series(1, 600) AS n;
        INSERT INTO child SELECT n, n % 600 + 1 FROM generate_series(1, 800) AS n;
        ANALYZE
        """
    static let target = """
        CREATE FUNCTION held(code text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
            BEGIN
                IF code = 'code 250' THEN
                    PERFORM pg_advisory_lock_shared(4711);
                    PERFORM pg_advisory_unlock_shared(4711);
                END IF;
                RETURN code;
            END $$;
        CREATE TABLE parents (id uuid PRIMARY KEY, code text, legacy_id bigint);
        CREATE UNIQUE INDEX parents_code ON parents USING btree (lower(code)) WHERE (code <> 'free'::text);
        CREATE INDEX parents_held ON parents USING btree (public.held(code));
        ALTER TABLE parents ADD CONSTRAINT parents_legacy UNIQUE (legacy_id);
        CREATE TABLE children (id uuid CONSTRAINT children_pkey PRIMARY KEY, parent_id uuid, legacy_id bigint);
        ALTER TABLE children ADD CONSTRAINT children_parent FOREIGN KEY (parent_id) REFERENCES parents(id)
        """
    static let entities = """
        parents:
          from: parent
          to: parents
          legacy: legacy_id
          tag: 1
          columns:
            code: { from: code }
        children:
          from: child
          to: children
          legacy: legacy_id
          tag: 2
          columns:
            parent_id: { ref: parents, by: parent_id, on_orphan: reject }
        """

    /// What is to be there after the load as it was before.
    static let structure = """
        SELECT conname, contype, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid IN ('parents'::regclass, 'children'::regclass)
        UNION ALL
        SELECT indexrelid::regclass::name, 'i', indisvalid, pg_get_indexdef(indexrelid) FROM pg_index
         WHERE indrelid IN ('parents'::regclass, 'children'::regclass) ORDER BY 1, 2
        """

    /// Drops them as the preparation of an entity does.
    private static let suspension = """
        INSERT INTO godwit.suspended_objects (run_id, entity, kind, table_name, object_name, steps)
        SELECT run.id, off.entity, off.kind, 'public.' || off.entity, off.name, off.steps::jsonb
          FROM godwit.migration_runs AS run, (VALUES
            ('parents', 'index', 'parents_code', '[{"kind": "index", "sql": "CREATE UNIQUE INDEX parents_code ON public.parents USING btree (lower(code)) WHERE (code <> ''free''::text)"}]'),
            ('parents', 'index', 'parents_held', '[{"kind": "index", "sql": "CREATE INDEX parents_held ON public.parents USING btree (public.held(code))"}]'),
            ('parents', 'unique', 'parents_legacy', '[{"kind": "index", "sql": "CREATE UNIQUE INDEX parents_legacy ON public.parents USING btree (legacy_id)"}, {"kind": "constraint", "sql": "ALTER TABLE public.parents ADD CONSTRAINT parents_legacy UNIQUE USING INDEX parents_legacy"}]'),
            ('children', 'primary_key', 'children_pkey', '[{"kind": "index", "sql": "CREATE UNIQUE INDEX children_pkey ON public.children USING btree (id)"}, {"kind": "constraint", "sql": "ALTER TABLE public.children ADD CONSTRAINT children_pkey PRIMARY KEY USING INDEX children_pkey"}]'),
            ('children', 'foreign_key', 'children_parent', '[{"kind": "constraint", "sql": "ALTER TABLE public.children ADD CONSTRAINT children_parent FOREIGN KEY (parent_id) REFERENCES public.parents(id) NOT VALID"}, {"kind": "validate", "sql": "ALTER TABLE public.children VALIDATE CONSTRAINT children_parent"}]')
          ) AS off(entity, kind, name, steps);
        DROP INDEX parents_code, parents_held;
        ALTER TABLE parents DROP CONSTRAINT parents_legacy;
        ALTER TABLE children DROP CONSTRAINT children_pkey, DROP CONSTRAINT children_parent
        """

    /// A run that has everything off and waits for its workers.
    static func begun(
        source: String = Self.source,
        run: String = "shard_rows: 100",
        _ body: (Migration, _ coordinator: GodwitProcess) async throws -> Void
    ) async throws {
        try await Migration.with(source: source, target: Self.target, run: run, entities: Self.entities) { migration in
            let structure = try migration.rows(.target, Self.structure)
            let first = try migration.startCoordinator()
            try await migration.wait(until: "EXISTS (SELECT FROM godwit.entities WHERE stage = 'copying')")
            first.signal(SIGTERM)
            #expect(await first.exitStatus() == 75)
            try migration.execute(.target, Self.suspension)
            try await body(migration, try migration.startCoordinator())
            let end = try migration.rows(.target, Self.structure)
            #expect(end == structure, "\(migration.logs)")
        }
    }

    /// Keeps the build of an index from ending.
    static let hold = "SELECT pg_advisory_lock(4711)"
    static let letGo = "SELECT pg_advisory_unlock_all()"
    static let isBuilding = """
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """

    /// Expects every row of the source, and every task done once.
    static func expectEverything(_ migration: Migration) throws {
        try migration.expectSumsToAgree()
        try migration.expectTotals(["children|800|800|0|0", "parents|600|600|0|0"])
        try migration.expect(["600"], "SELECT count(DISTINCT legacy_id) FROM parents")
        try migration.expect(["800"], "SELECT count(DISTINCT legacy_id) FROM children")
        try migration.expect(["0"], "SELECT count(*) FROM godwit.suspended_objects WHERE restored_at IS NULL")
        try migration.expect(
            ["constraint|3", "index|4", "validate|1"],
            """
            SELECT kind, count(*) FROM godwit.shards WHERE object_id IS NOT NULL AND state = 'done'
             GROUP BY kind ORDER BY kind
            """
        )
    }
}
