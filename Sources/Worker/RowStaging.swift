import Catalog
import Postgres

/// The statements of the row-by-row way.
struct RowStaging {
    let entity: ResolvedEntity

    /// Moves the staged rows one by one and notes those that are refused.
    ///
    /// https://www.postgresql.org/docs/15/plpgsql-control-structures.html#PLPGSQL-ERROR-TRAPPING
    var insertRows: String {
        let columns = self.entity.stagingColumns
        let names = columns.map { quoteIdentifier($0.name) }.joined(separator: ", ")
        let values = columns.map { "staged.\(quoteIdentifier($0.name))\($0.cast.map { "::\($0)" } ?? "")" }
        let overriding = self.entity.overridesIdentity ? "OVERRIDING SYSTEM VALUE " : ""
        let body = """
            DECLARE
                staged pg_temp.godwit_staged%ROWTYPE;
                violated text;
            BEGIN
                FOR staged IN SELECT * FROM pg_temp.godwit_staged ORDER BY godwit_row LOOP
                    BEGIN
                        INSERT INTO \(self.entity.targetTable) (\(names)) \(overriding)VALUES (\(values.joined(separator: ", ")));
                        IF NOT FOUND THEN
                            INSERT INTO pg_temp.godwit_refused
                            VALUES (staged.godwit_row, '\(SQLState.noData)', NULL, 'a trigger or rule of the target left the row out');
                        END IF;
                    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded
                        OR raise_exception OR with_check_option_violation THEN
                        GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
                        INSERT INTO pg_temp.godwit_refused
                        VALUES (staged.godwit_row, SQLSTATE, NULLIF(violated, ''), SQLERRM);
                    END;
                END LOOP;
            END
            """
        return "DO \(quoteLiteral(body))"
    }

    /// Makes the two tables, which the shard's transaction takes with it.
    var create: String {
        let columns = self.entity.stagingColumns.map { "\(quoteIdentifier($0.name)) \($0.type)" }
        return """
            CREATE TEMPORARY TABLE godwit_staged (
                godwit_row bigint GENERATED ALWAYS AS IDENTITY, \(columns.joined(separator: ", "))
            ) ON COMMIT DROP;
            CREATE TEMPORARY TABLE godwit_refused (
                row bigint, sql_state text, constraint_name text, message text
            ) ON COMMIT DROP
            """
    }

    var copyIn: String {
        let names = self.entity.stagingColumns.map { quoteIdentifier($0.name) }
        return "COPY pg_temp.godwit_staged (\(names.joined(separator: ", "))) FROM STDIN (FORMAT binary)"
    }

    var refused: String { "SELECT * FROM pg_temp.godwit_refused ORDER BY row" }

    var drop: String { "DROP TABLE pg_temp.godwit_staged, pg_temp.godwit_refused" }
}
