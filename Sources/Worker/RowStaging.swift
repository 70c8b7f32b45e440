import Catalog
import Postgres

/// The statements of the row-by-row way, and of a merge.
struct RowStaging {
    let entity: ResolvedEntity
    /// How rows that are there already are treated; nil where that is a refusal.
    var merge: MergeClause?

    /// Moves the staged rows one by one and notes those that are refused.
    ///
    /// https://www.postgresql.org/docs/15/plpgsql-control-structures.html#PLPGSQL-ERROR-TRAPPING
    func insertRows(descending: Bool = false) -> String {
        // A row that is there and does not differ is not found either.
        let leftOut =
            self.merge != nil
            ? ""
            : """
            IF NOT FOUND THEN
                INSERT INTO pg_temp.godwit_refused
                VALUES (staged.godwit_row, '\(SQLState.noData)', NULL, 'a trigger or rule of the target left the row out');
            END IF;
            """
        let body = """
            DECLARE
                staged pg_temp.godwit_staged%ROWTYPE;
                violated text;
            BEGIN
                FOR staged IN SELECT * FROM pg_temp.godwit_staged ORDER BY godwit_row\(descending ? " DESC" : "") LOOP
                    BEGIN
                        \(self.insert("VALUES (\(self.values))"));
                        \(leftOut)
                    EXCEPTION WHEN OTHERS OR assert_failure THEN
                        IF NOT \(SQLState.isMadeUp(orOf: AttemptFailure.refusalClasses)) THEN RAISE; END IF;
                        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
                        INSERT INTO pg_temp.godwit_refused
                        VALUES (staged.godwit_row, SQLSTATE, NULLIF(violated, ''), SQLERRM);
                    END;
                END LOOP;
            END
            """
        return "DO \(quoteLiteral(body))"
    }

    /// Moves all staged rows at once.
    var insertAll: String {
        self.insert("SELECT \(self.values) FROM pg_temp.godwit_staged AS staged ORDER BY godwit_row")
    }

    /// Notes the staged rows that a merge has left out, because their key is another row's.
    var noteStrangers: String? {
        self.merge.map { merge in
            """
            INSERT INTO pg_temp.godwit_refused
            SELECT staged.godwit_row, '23505', NULL, 'a row that is not of this entity has its key in the target'
              FROM pg_temp.godwit_staged AS staged
             WHERE NOT EXISTS (SELECT FROM \(self.entity.targetTable) AS merged WHERE \(merge.isOurs("staged")))
               AND NOT EXISTS (SELECT FROM pg_temp.godwit_refused AS refused WHERE refused.row = staged.godwit_row)
            """
        }
    }

    private var values: String {
        self.entity.stagingColumns
            .map { "staged.\(quoteIdentifier($0.name))\($0.cast.map { "::\($0)" } ?? "")" }
            .joined(separator: ", ")
    }

    private func insert(_ rows: String) -> String {
        let names = self.entity.stagingColumns.map { quoteIdentifier($0.name) }.joined(separator: ", ")
        let overriding = self.entity.overridesIdentity ? "OVERRIDING SYSTEM VALUE " : ""
        let insert = "INSERT INTO \(self.entity.targetTable) AS merged (\(names)) \(overriding)\(rows)"
        return self.merge.map { $0.applied(to: insert) } ?? insert
    }

    /// Makes the two tables, which the shard's transaction takes with it.
    var create: String {
        let columns = self.entity.stagingColumns.map { "\(quoteIdentifier($0.name)) \($0.type)" }
        return """
            CREATE TEMPORARY TABLE godwit_staged (
                godwit_row bigint GENERATED ALWAYS AS IDENTITY, \(columns.joined(separator: ", "))
            ) ON COMMIT DROP;
            \(Self.createRefused)
            """
    }

    private static let createRefused = """
        CREATE TEMPORARY TABLE godwit_refused (
            row bigint, sql_state text, constraint_name text, message text
        ) ON COMMIT DROP
        """

    var copyIn: String {
        let names = self.entity.stagingColumns.map { quoteIdentifier($0.name) }
        return "COPY pg_temp.godwit_staged (\(names.joined(separator: ", "))) FROM STDIN (FORMAT binary)"
    }

    var refused: String { "SELECT * FROM pg_temp.godwit_refused ORDER BY row" }

    /// Sets the refused rows aside, numbered after those that were set aside before.
    func putOff(after count: Int) -> String {
        let names = self.entity.stagingColumns.map { quoteIdentifier($0.name) }.joined(separator: ", ")
        return """
            CREATE TEMPORARY TABLE IF NOT EXISTS godwit_late (LIKE pg_temp.godwit_staged) ON COMMIT DROP;
            INSERT INTO pg_temp.godwit_late (godwit_row, \(names))
            SELECT \(count) + row_number() OVER (ORDER BY godwit_row), \(names) FROM pg_temp.godwit_staged
             WHERE godwit_row IN (SELECT row FROM pg_temp.godwit_refused)
            """
    }

    /// Stages what was set aside, and nothing else.
    static let stageLate = """
        ALTER TABLE pg_temp.godwit_late RENAME TO godwit_staged;
        \(Self.createRefused)
        """

    /// Keeps of the staged rows those that were refused.
    static let keepRefused = """
        DELETE FROM pg_temp.godwit_staged WHERE godwit_row NOT IN (SELECT row FROM pg_temp.godwit_refused)
        """

    static let forgetRefused = "DELETE FROM pg_temp.godwit_refused"

    var drop: String { "DROP TABLE pg_temp.godwit_staged, pg_temp.godwit_refused" }
}
