import Catalog
import ControlProtocol
import Postgres
import Scheduling

extension ShardSlot {
    /// How long a shard waits for a table that somebody else wants for himself, in seconds.
    ///
    /// Below a second or two every short ALTER disturbs; above a minute the slot is only kept from other entities' shards.
    private static let patience = 15

    /// Takes the lock under which the job's tables are read.
    ///
    /// The snapshot's holders have it, so that nobody gets the tables for himself before the run's end; but who waits to
    /// do so keeps out whoever comes after. Locks that functions of the plan's own SQL take are not bounded.
    func lockSource(_ job: ShardJob) throws(AttemptFailure) {
        let tables = job.entity.sourceTables
        guard !tables.isEmpty else { return }
        do throws(PostgresError) {
            try self.source!
                .execute(
                    """
                    SET LOCAL lock_timeout = '\(Self.patience)s';
                    LOCK TABLE \(tables.joined(separator: ", ")) IN ACCESS SHARE MODE;
                    SET LOCAL lock_timeout = 0
                    """
                )
        } catch {
            var failure = self.failure(error, side: .source)
            if error.sqlState == .lockNotAvailable {
                failure.message = """
                    somebody else has had, or waited for, a lock on \(tables.joined(separator: ", ")) for \
                    \(Self.patience) s: \(failure.message)
                    """
            }
            throw failure
        }
    }
}
