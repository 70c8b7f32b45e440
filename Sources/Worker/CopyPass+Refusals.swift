import Catalog
import Postgres
import RowPipeline

extension CopyPass {
    /// A row the transformer let pass and the target did not take.
    mutating func refuse(key: Int64, error: PostgresError) {
        let reason = RejectReason.refused(error.sqlState?.rawValue ?? "XX000")
        self.counters.refuse(reason)
        self.refused += 1
        self.transformer.withdraw(key: key)
        self.rejects.append(
            RejectedRow(key: key, column: self.column(of: error), reason: reason, detail: self.detail(error))
        )
    }

    /// Makes the rows that the source can't compute rejects; nobody has read them.
    mutating func rejectUnreadable() {
        for row in self.unreadable {
            let reason = RejectReason.sourceError(row.sqlState)
            self.counters.reject(reason)
            self.rejects.append(RejectedRow(key: row.key, column: nil, reason: reason, detail: row.message))
        }
    }

    private func column(of error: PostgresError) -> Int? {
        guard let name = error.column else { return nil }
        return self.job.entity.program.outputs.firstIndex { $0.name == name }
    }

    /// DETAIL carries values of the row and is left out; so is the message where the table has personal columns,
    /// because input errors quote the value.
    private func detail(_ error: PostgresError) -> String {
        var constraint = error.constraint.map { "constraint \($0)" }
        // RAISE may name anything as the constraint; the server itself names one with an integrity violation only.
        if self.job.hasPersonalColumns, error.sqlState?.class != "23" { constraint = nil }
        let message = self.job.hasPersonalColumns ? error.withoutRowValues.serverMessage : error.serverMessage
        return [message, constraint].compactMap { $0 }.joined(separator: "; ")
    }
}
