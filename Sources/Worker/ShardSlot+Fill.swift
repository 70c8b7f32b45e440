import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Fills the deferred references of a key range.
    ///
    /// (Key, parent ids) come from the source and go, resolved, into a temporary table, and from there into the rows by
    /// one UPDATE. Doing it again changes nothing.
    func fill(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        guard let create = job.entity.createFillTableStatement, let update = job.entity.updateFromFillStatement else {
            throw AttemptFailure(.fault, side: .worker, message: "\(job.entity.name) has no fill pass")
        }
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(create) }
        var pass = try self.reading(job) { unreadable throws(AttemptFailure) in
            var pass = try CopyPass.begin(job, without: unreadable)
            try self.stream(&pass)
            return pass
        }
        let updated = try self.clock.time(\.write) { () throws(AttemptFailure) in
            try self.on(.target) { () throws(PostgresError) in try self.target!.query(update) }
        }
        pass.filled = updated.affectedRows
        return try self.commit(&pass)
    }
}
