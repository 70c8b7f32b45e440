/// How something that is off for a load stands in the target's catalog, whoever brought it about.
extension ControlStore {
    /// What the catalog says of the table of `object` and of what has its name there; NULL for a table that is gone.
    ///
    /// A table is found again under another name, or in another schema. Definitions are compared as `pg_catalog` as search
    /// path writes them, which is that of every session.
    static let presence = """
        LEFT JOIN LATERAL (
            SELECT class.oid AS relation, format('%I.%I', namespace.nspname, class.relname) AS table_name,
                   ARRAY[namespace.nspname::text, class.relname::text] <> parse_ident(object.table_name) AS is_moved,
                   trigger.tgname AS trigger_name, coalesce(trigger.tgenabled = 'D', false) AS is_disabled,
                   class.oid = object.table_oid AND EXISTS (
                       SELECT FROM pg_attribute AS own
                        WHERE own.attrelid = class.oid AND own.attnum = ANY (object.column_numbers)
                          AND own.attisdropped) AS is_gone,
                   index.definition AS index_definition, entry.definition AS constraint_definition,
                   entry.contype AS constraint_type, entry.condeferrable AS is_deferrable,
                   entry.convalidated AS is_validated
              FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
              LEFT JOIN pg_trigger AS trigger ON trigger.tgrelid = class.oid
                   AND CASE WHEN object.trigger_oid IS NULL THEN trigger.tgname = object.object_name
                            ELSE trigger.oid = object.trigger_oid END
              LEFT JOIN LATERAL (
                  SELECT pg_get_indexdef(own.indexrelid) || CASE WHEN own.indisvalid THEN '' ELSE ' (invalid)' END AS definition
                    FROM pg_index AS own JOIN pg_class AS named ON named.oid = own.indexrelid
                   WHERE own.indrelid = class.oid AND named.relname = object.object_name) AS index ON true
              LEFT JOIN LATERAL (
                  SELECT pg_get_constraintdef(own.oid) AS definition, own.contype, own.condeferrable, own.convalidated
                    FROM pg_constraint AS own
                   WHERE own.conrelid = class.oid AND own.conname = object.object_name) AS entry ON true
             WHERE class.oid = coalesce(
                       (SELECT own.oid FROM pg_class AS own WHERE own.oid = object.table_oid),
                       \(ControlStore.relation("object.table_name")))
        ) AS present ON true
        """

    /// The oid of a table by its name, quoted and qualified; no right on its schema is needed.
    static func relation(_ name: String) -> String {
        """
        (SELECT named.oid FROM pg_class AS named JOIN pg_namespace AS home ON home.oid = named.relnamespace
          WHERE ARRAY[home.nspname::text, named.relname::text] = parse_ident(\(name)))
        """
    }

    /// Whether the effect of a step is in the catalog: an object of the name *and* the definition, not of the name alone.
    ///
    /// What PostgreSQL would have dropped with a column of the table needs no step any more.
    static func isDone(_ step: String) -> String {
        let foreignKey = """
            (present.constraint_type = 'f' AND right(\(Self.unchecked("object.steps->0->>'sql'")), \
            length(\(Self.unchecked("present.constraint_definition")))) = \(Self.unchecked("present.constraint_definition")))
            """
        return """
            coalesce(present.is_gone OR CASE (\(step))->>'kind'
                WHEN 'trigger' THEN NOT present.is_disabled
                WHEN 'index' THEN present.index_definition = (\(step))->>'sql'
                WHEN 'constraint' THEN CASE WHEN object.steps->0->>'kind' = 'index'
                    THEN present.index_definition = object.steps->0->>'sql' AND NOT present.is_deferrable
                         AND present.constraint_type
                             = CASE WHEN (\(step))->>'sql' LIKE '% PRIMARY KEY USING INDEX %' THEN 'p' ELSE 'u' END
                    ELSE \(foreignKey) END
                WHEN 'validate' THEN \(foreignKey) AND present.is_validated END, false)
            """
    }

    private static func unchecked(_ definition: String) -> String {
        "regexp_replace(\(definition), ' NOT VALID$', '')"
    }

    /// Whether an object is off in truth.
    ///
    /// A trigger goes with its table; an index of a table that can't be found is off.
    static let isOff = """
        CASE WHEN object.steps->0->>'kind' = 'trigger' THEN present.is_disabled IS TRUE
             ELSE present.relation IS NULL OR EXISTS (
                      SELECT FROM jsonb_array_elements(object.steps) AS step WHERE NOT \(isDone("step"))) END
        """

    /// What switches a trigger on, whatever it and its table are called by now; NULL where it is gone.
    static let enabling = """
        CASE WHEN present.trigger_name IS NOT NULL THEN
            format('ALTER TABLE %s ENABLE %sTRIGGER %I', present.table_name,
                   CASE WHEN object.steps->0->>'sql' LIKE '% ENABLE ALWAYS TRIGGER %' THEN 'ALWAYS ' ELSE '' END,
                   present.trigger_name) END
        """

    /// What keeps an object from coming back by its steps, in words; NULL where nothing is known to.
    static let hindrance = """
        CASE WHEN object.steps->0->>'kind' = 'trigger' THEN NULL
             WHEN present.relation IS NULL THEN
                  'there is no table ' || object.table_name || ' any more; where that is right: godwit constraints forget'
             WHEN present.is_moved THEN
                  object.table_name || ' is called ' || present.table_name
                      || ' by now; give it its name back, or build it by hand and call godwit constraints forget'
             WHEN object.steps->0->>'kind' = 'index' AND present.index_definition <> object.steps->0->>'sql' THEN
                  'there is another of that name, ' || present.index_definition || ', while this one was '
                      || (object.steps->0->>'sql') || '; drop or rename it, or call godwit constraints forget'
             WHEN object.steps->0->>'kind' IN ('index', 'constraint') AND present.constraint_definition IS NOT NULL
                  AND NOT \(isDone("jsonb_path_query_first(object.steps, '$[*] ? (@.kind == \"constraint\")')")) THEN
                  'there is another constraint of that name, ' || present.constraint_definition || ', while this one was by '
                      || (jsonb_path_query_first(object.steps, '$[*] ? (@.kind == "constraint")')->>'sql')
                      || '; drop or rename it, or call godwit constraints forget' END
        """
}
