import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

/// Which rows of a target table this run has brought: what it can't prove to be its own is somebody else's, and stays.
extension ShardSlot {
    /// Says which shard has brought each row.
    ///
    /// That its key is within a finished shard is not enough: an application that writes to the target, too, may give its rows
    /// keys that the source's snapshot does not have. So the key must be among those that the shard recorded, or, where
    /// shards record none, among those that the source's snapshot yields; and the id must be the key's.
    func owned(
        _ groups: [[DuplicateSearch.Row]],
        _ control: WithdrawalStatement,
        _ job: ShardJob
    ) throws(AttemptFailure) -> [[DuplicateGroups.Member]] {
        let keys = Set(groups.joined().compactMap(\.key))
        let rejected = WithdrawalStatement.keys(try self.onTarget(control.rejected(keys.sorted())))
        let writers = RowWriters(WithdrawalStatement.writers(try self.onTarget(control.writers)))
        let candidates = Set(keys.flatMap { writers.candidates(for: $0) })
        let presence = try self.presence(of: candidates, control)
        var owners: [Int64: ShardID] = [:]
        for key in keys.subtracting(rejected) {
            owners[key] = writers.candidates(for: key).first { presence[$0]?.contains(key) ?? true }
        }
        let unproven = owners.filter { presence[$0.value] == nil }.map(\.key).sorted()
        let migrated = try self.migratedKeys(among: unproven, job)
        for key in unproven where !migrated.contains(key) { owners[key] = nil }
        var identity = ComputedIdentity(job.entity.identity)
        return groups.map { group in
            group.map { row in
                let isOwn = row.key.map { identity.isID(row.id, of: $0) } ?? false
                return DuplicateGroups.Member(
                    place: row.place,
                    key: row.key,
                    owner: isOwn ? row.key.flatMap { owners[$0] } : nil
                )
            }
        }
    }

    /// Those of the keys whose rows the source's snapshot yields.
    private func migratedKeys(among keys: [Int64], _ job: ShardJob) throws(AttemptFailure) -> Set<Int64> {
        guard !keys.isEmpty else { return [] }
        if !self.hasSource { try self.openSource(job) }
        var migrated: Set<Int64> = []
        for start in stride(from: 0, to: keys.count, by: Self.keysAtOnce) {
            try self.checkCancelled()
            let part = Array(keys[start..<min(start + Self.keysAtOnce, keys.count)])
            let statement = job.entity.migratedKeysStatement(keys: part)
            let found = try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
            for row in found.rows { if let key = row.integer(0) { migrated.insert(key) } }
        }
        return migrated
    }

    /// The source is asked for so many keys at once: their text is some hundred kilobytes then.
    private static let keysAtOnce = 10_000

    /// A legacy key of some rows that another row has as well; nil where each is one row's.
    ///
    /// While its unique index is off somebody may have written the same row once more, with the same id.
    func twin(
        of losers: [DuplicateGroups.Loser],
        in table: String,
        _ legacy: String,
        _ job: ShardJob
    ) throws(AttemptFailure) -> Int64? {
        let id = ComputedIdentity(job.entity.identity).isComputed ? job.entity.idColumn : nil
        let question = DuplicateSearch.twins(in: table, legacyColumn: legacy, idColumn: id)
        let keys = QueryParameter.integers(losers.map(\.key))
        let answer = try self.on(.target) { () throws(PostgresError) in try self.target!.query(question, [keys]) }
        return answer.first?.integer("key")
    }

    func presence(
        of shards: Set<ShardID>,
        _ control: WithdrawalStatement
    ) throws(AttemptFailure) -> [ShardID: PresenceSet] {
        let stored = WithdrawalStatement.presence(try self.onTarget(control.presence(of: shards.sorted())))
        var sets: [ShardID: PresenceSet] = [:]
        for (shard, bytes) in stored {
            do throws(RowPipelineError) {
                sets[shard] = try PresenceSet(serialized: bytes)
            } catch {
                throw AttemptFailure(.fault, side: .target, message: "the presence of \(shard) can't be read: \(error)")
            }
        }
        return sets
    }
}
