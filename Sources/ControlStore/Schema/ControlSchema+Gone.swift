extension ControlSchema {
    /// How a worker tells that an object does not come back, without the right to write events of its own.
    static let gone = UpgradeStep(
        number: 17,
        title: "tell of objects that are gone",
        sql: """
            CREATE FUNCTION godwit.tell_gone(object bigint) RETURNS void
                LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $$
                INSERT INTO godwit.events (run_id, entity, level, message)
                SELECT run_id, entity, 'info',
                       kind || ' ' || object_name || ' of ' || table_name || ' does not come back: '
                           || CASE kind WHEN 'trigger' THEN 'it' ELSE 'a column of it' END || ' was dropped meanwhile'
                  FROM godwit.suspended_objects WHERE id = $1
            $$;
            COMMENT ON FUNCTION godwit.tell_gone(bigint) IS
                'Adds the event that somebody has dropped what was off, or a column that it needs.';
            """
    )
}
