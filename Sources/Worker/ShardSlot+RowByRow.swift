import Catalog
import ControlProtocol
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Loads the buffer into a temporary table and inserts its rows one by one on the server, which answers with the
    /// rows it refused and why.
    ///
    /// The cost is one subtransaction per row of this batch, however many of them are bad.
    func writeRowByRow(_ pass: inout CopyPass) throws(AttemptFailure) {
        let staging = RowStaging(entity: pass.job.entity)
        try self.stage(staging)
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(staging.insertRows()) }
        try self.takeRefused(staging, &pass)
    }

    /// Loads the buffer into the staging table.
    func stage(_ staging: RowStaging) throws(AttemptFailure) {
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.execute(staging.create)
            try self.target!.copyIn(staging.copyIn)
            try self.sendOutput()
            try self.target!.endCopy()
        }
    }

    /// Makes the rows that the server has refused rejects, and drops the staging tables.
    private func takeRefused(_ staging: RowStaging, _ pass: inout CopyPass) throws(AttemptFailure) {
        let refused = try self.refusedRows(staging, of: self.output.rowCount)
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(staging.drop) }
        for (row, error) in refused { pass.refuse(key: self.output.key(ofRow: row), error: error) }
    }

    /// The staged rows that the server has refused, counted from 0, in their order.
    func refusedRows(_ staging: RowStaging, of count: Int) throws(AttemptFailure) -> [(row: Int, error: PostgresError)]
    {
        let answer = try self.on(.target) { () throws(PostgresError) in try self.target!.query(staging.refused) }
        var refused: [(row: Int, error: PostgresError)] = []
        for row in answer.rows {
            guard let number = row.integer("row"), (1...Int64(count)).contains(number) else {
                throw AttemptFailure(.fault, side: .target, message: "the staging table named a row it was not sent")
            }
            var error = PostgresError(
                code: .serverRefused,
                message: row.text("message") ?? "",
                sqlState: row.text("sql_state").map { SQLState(rawValue: $0) }
            )
            error.serverMessage = row.text("message")
            error.constraint = row.text("constraint_name")
            refused.append((Int(number) - 1, error))
        }
        return refused
    }
}
