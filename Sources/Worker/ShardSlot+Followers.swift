import ControlProtocol
import Postgres
import Scheduling

/// What would follow when rows of a table are deleted.
extension ShardSlot {
    /// Whether a trigger or a rule of a table would meet the deletion of its rows.
    ///
    /// Tables that have one keep their unique indexes, or load with it switched off; but it may be new, or on again where the
    /// index is built later, in a retry.
    func meetsDeletion(_ table: String) throws(AttemptFailure) -> Bool {
        let answer = try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(Self.deletionObservers, [.text(table)])
        }
        return answer.first?.bool("is_met") ?? true
    }

    /// https://www.postgresql.org/docs/15/catalog-pg-trigger.html (`tgtype` as in `catalog/pg_trigger.h`: 8 is DELETE).
    private static let deletionObservers = """
        SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgtype & 8 = 8
                          AND tgenabled IN ('O', 'A'))
            OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = $1::regclass AND ev_type = '4'
                          AND ev_enabled IN ('O', 'A')) AS is_met
        """

    /// A table whose rows refer to some rows by a foreign key that deletes or changes them; nil where there is none.
    ///
    /// The plan's own dependents have not begun, so what refers to them is somebody else's, and must not go with them. The rows
    /// are locked first: whoever would refer to them from now on waits, and fails where they are gone.
    func follower(of losers: [DuplicateGroups.Loser], in table: String) throws(AttemptFailure) -> String? {
        let places = QueryParameter.texts(losers.map(\.place))
        let lock = "SELECT FROM ONLY \(table) WHERE ctid = ANY ($1::tid[]) FOR UPDATE"
        _ = try self.on(.target) { () throws(PostgresError) in try self.target!.query(lock, [places]) }
        let keys = try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(Self.followingKeys, [.text(table)])
        }
        for key in keys.rows {
            guard let child = key.text("child"), let condition = key.text("condition") else { continue }
            let question = """
                SELECT EXISTS (SELECT FROM \(child) AS child JOIN ONLY \(table) AS parent ON \(condition)
                                WHERE parent.ctid = ANY ($1::tid[])) AS is_followed
                """
            let answer = try self.on(.target) { () throws(PostgresError) in
                try self.target!.query(question, [places])
            }
            if answer.first?.bool("is_followed") != false { return child }
        }
        return nil
    }

    /// Foreign keys that refer to a table with ON DELETE CASCADE, SET NULL or SET DEFAULT; any other refuses the deletion.
    ///
    /// https://www.postgresql.org/docs/15/catalog-pg-constraint.html
    private static let followingKeys = """
        SELECT entry.conrelid::regclass::text AS child,
               string_agg(format('child.%I = parent.%I', own.attname, other.attname), ' AND ') AS condition
          FROM pg_constraint AS entry
          CROSS JOIN LATERAL unnest(entry.conkey, entry.confkey) AS pair(own, other)
          JOIN pg_attribute AS own ON own.attrelid = entry.conrelid AND own.attnum = pair.own
          JOIN pg_attribute AS other ON other.attrelid = entry.confrelid AND other.attnum = pair.other
         WHERE entry.contype = 'f' AND entry.confrelid = $1::regclass AND entry.confdeltype IN ('c', 'n', 'd')
         GROUP BY entry.oid, entry.conrelid ORDER BY entry.conrelid
        """
}
