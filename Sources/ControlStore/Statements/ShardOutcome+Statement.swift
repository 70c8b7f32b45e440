package import Postgres
package import Scheduling

extension ShardOutcome {
    /// Reads a shard row and waits for the transaction that has it locked; for any connection but the renewing one.
    package static func statement(for shard: ShardID) -> Statement {
        Statement("SELECT state, lease FROM godwit.shards WHERE id = $1::bigint FOR UPDATE", [.shard(shard)])
    }

    /// What the statement's answer means to the holder of a lease.
    package init(_ result: QueryResult, lease: LeaseID) {
        let row = result.first
        let isOurs = row?.text("lease") == lease.description
        switch row?.text("state").flatMap(ShardState.init(rawValue:)) {
        case .done where isOurs: self = .done
        case .leased where isOurs: self = .stillLeased
        default: self = .lost
        }
    }
}
