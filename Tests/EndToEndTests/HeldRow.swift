/// A row of the source that is not computed while a test holds a lock: whatever reads it stands still in mid-shard.
enum HeldRow {
    /// `held(key)` waits for the lock where the key is 250.
    static let function = """
        CREATE FUNCTION held(key bigint) RETURNS text LANGUAGE plpgsql AS $$
            BEGIN
                IF key = 250 THEN
                    PERFORM pg_advisory_lock_shared(4711);
                    PERFORM pg_advisory_unlock_shared(4711);
                END IF;
                RETURN 'row ' || key;
            END $$;
        """
    static let hold = "SELECT pg_advisory_lock(4711)"
    /// Does nothing where the session has let go already.
    static let letGo = "SELECT pg_advisory_unlock_all()"

    /// Whether a worker waits for the lock: its shard is leased and its COPY has begun.
    static let isBlocking = """
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """
}
