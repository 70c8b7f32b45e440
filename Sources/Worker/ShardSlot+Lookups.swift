import Catalog
import ControlProtocol
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Asks the target for the UUIDs this batch needs and nobody can compute: one query per parent.
    func resolveLookups(_ pass: inout CopyPass) throws(AttemptFailure) {
        guard pass.transformer.needsLookups else { return }
        var wanted: [String: [Int64]] = [:]
        do throws(RowPipelineError) {
            try pass.transformer.collectLookups(self.input.bytes, into: &wanted)
        } catch {
            throw AttemptFailure(.fault, side: .worker, message: error.message)
        }
        for (parent, ids) in wanted.sorted(by: { $0.key < $1.key }) {
            guard let entity = pass.job.plan.entity(named: parent), let id = entity.idColumn,
                let legacy = entity.legacyColumn
            else {
                throw AttemptFailure(
                    .fault,
                    side: .worker,
                    message: "\(parent) keeps no map from its keys to its UUIDs"
                )
            }
            let result = try self.on(.target) { () throws(PostgresError) in
                try self.target!
                    .query(
                        "SELECT \(legacy)::int8, \(id)::text FROM \(entity.targetTable) WHERE \(legacy) = ANY ($1::int8[])",
                        [.integers(ids)]
                    )
            }
            let found = result.rows.compactMap { row -> (id: Int64, uuid: UUIDValue)? in
                guard let key = row.integer(0), let uuid = row.text(1).flatMap({ UUIDValue($0) }) else { return nil }
                return (key, uuid)
            }
            pass.transformer.addLookups(parent, found: found, absent: Array(Set(ids).subtracting(found.map(\.id))))
        }
    }
}
