import Postgres

/// Finds every row of a shard that the source can't compute, in one statement that the source runs by itself.
///
/// A `DO` block evaluates the entity's very SELECT over blocks of neighbouring keys, each in a subtransaction, and
/// halves those that fail down to single keys. It needs no right but that to read and works in a READ ONLY transaction;
/// subtransactions that write nothing cost no transaction id, and the snapshot stays.
///
/// https://www.postgresql.org/docs/current/plpgsql-control-structures.html#PLPGSQL-ERROR-TRAPPING
package struct UnreadableRowSearch: Sendable {
    /// Which keys are looked at.
    package enum Keys: Sendable, Equatable {
        case range(lower: Int64?, upper: Int64?)
        case list([Int64])
    }

    private let entity: ResolvedEntity
    private let select: SourceSelect
    private let keys: Keys
    private let keepsMessages: Bool

    /// Rows of a block: halving costs some ten evaluations a bad row, blocks without one a single evaluation.
    ///
    /// Below 64 the blocks cost more than the rows, above some thousands every bad row costs the reading of as many.
    private static let block = 512

    /// - Parameters:
    ///   - entity: Whose rows they are.
    ///   - select: What is read of them, that of the first pass or of the fill pass.
    ///   - keys: Which of them.
    ///   - keepsMessages: Whether the server's messages are wanted; those of input errors quote values.
    package init(_ entity: ResolvedEntity, reading select: SourceSelect, keys: Keys, keepsMessages: Bool) {
        self.entity = entity
        self.select = select
        self.keys = keys
        self.keepsMessages = keepsMessages
    }

    /// Rows of (key `int8`, SQLSTATE, message), once `statement` has run in the same transaction.
    package static let found = """
        SELECT found.key, found.state, found.message
          FROM ROWS FROM (pg_catalog.unnest(pg_catalog.current_setting('godwit.keys')::pg_catalog.int8[]),
                          pg_catalog.unnest(pg_catalog.current_setting('godwit.states')::pg_catalog.text[]),
                          pg_catalog.unnest(pg_catalog.current_setting('godwit.messages')::pg_catalog.text[]))
               AS found(key, state, message)
        """

    /// The search; its findings are settings of the transaction, because a `DO` block returns nothing.
    package var statement: String { "DO \(quoteLiteral(self.body))" }

    private var allKeys: String {
        switch self.keys {
        case .list(let keys):
            return SQLText.literal(keys.sorted())
        case .range(let lower, let upper):
            let range = SourceSelect.range(of: self.entity.key, lower: lower, upper: upper)
            return """
                ARRAY(SELECT source.\(self.entity.key)::pg_catalog.int8 FROM \(self.entity.baseTable) AS source
                       WHERE source.\(self.entity.key) IS NOT NULL\(range.map { " AND \($0)" } ?? "") ORDER BY 1)
                """
        }
    }

    private var body: String {
        let range =
            switch self.keys {
            case .range: "source.\(self.select.key) >= godwit_low AND source.\(self.select.key) <= godwit_high"
            case .list: "source.\(self.select.key) = ANY (godwit_keys[godwit_from:godwit_to])"
            }
        return """
            #variable_conflict use_column
            DECLARE
                godwit_keys pg_catalog.int8[] := \(self.allKeys);
                godwit_count pg_catalog.int4 := pg_catalog.cardinality(godwit_keys);
                godwit_start pg_catalog.int4 := 1;
                godwit_parts pg_catalog.int4[];
                godwit_top pg_catalog.int4;
                godwit_from pg_catalog.int4;
                godwit_to pg_catalog.int4;
                godwit_low pg_catalog.int8;
                godwit_high pg_catalog.int8;
                godwit_row record;
                godwit_found pg_catalog.int8[] := '{}';
                godwit_states pg_catalog.text[] := '{}';
                godwit_messages pg_catalog.text[] := '{}';
            BEGIN
                WHILE godwit_start <= godwit_count LOOP
                    godwit_parts[1] := godwit_start;
                    godwit_parts[2] := LEAST(godwit_start + \(Self.block - 1), godwit_count);
                    godwit_top := 2;
                    WHILE godwit_top > 0 LOOP
                        godwit_from := godwit_parts[godwit_top - 1];
                        godwit_to := godwit_parts[godwit_top];
                        godwit_top := godwit_top - 2;
                        godwit_low := godwit_keys[godwit_from];
                        godwit_high := godwit_keys[godwit_to];
                        BEGIN
                            FOR godwit_row IN \(self.select.statement(where: range, ordered: false)) LOOP NULL; END LOOP;
                        EXCEPTION WHEN \(Self.conditions) THEN
                            IF godwit_from = godwit_to THEN
                                godwit_found := godwit_found || godwit_low;
                                godwit_states := godwit_states || SQLSTATE::pg_catalog.text;
                                godwit_messages := godwit_messages || \(self.message);
                            ELSE
                                -- The lower half is looked at first, so that what is found is in order.
                                godwit_parts[godwit_top + 1] := (godwit_from + godwit_to) / 2 + 1;
                                godwit_parts[godwit_top + 2] := godwit_to;
                                godwit_parts[godwit_top + 3] := godwit_from;
                                godwit_parts[godwit_top + 4] := (godwit_from + godwit_to) / 2;
                                godwit_top := godwit_top + 4;
                            END IF;
                        END;
                    END LOOP;
                    godwit_start := godwit_start + \(Self.block);
                END LOOP;
                PERFORM pg_catalog.set_config('godwit.keys', godwit_found::pg_catalog.text, true),
                        pg_catalog.set_config('godwit.states', godwit_states::pg_catalog.text, true),
                        pg_catalog.set_config('godwit.messages', godwit_messages::pg_catalog.text, true);
            END
            """
    }

    private var message: String { self.keepsMessages ? "pg_catalog.left(SQLERRM, 500)" : "''::pg_catalog.text" }

    /// Conditions that stand for a class of SQLSTATEs: 21, 22, 23, 2F, 38, 39, 44, 54 and P0.
    ///
    /// https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static let conditions = """
        cardinality_violation OR data_exception OR integrity_constraint_violation OR sql_routine_exception OR \
        external_routine_exception OR external_routine_invocation_exception OR with_check_option_violation OR \
        program_limit_exceeded OR plpgsql_error
        """
}
