import Catalog
import ControlProtocol
import ControlStore
import Postgres
import Scheduling

extension ShardSlot {
    /// How long a task waits for its table before it is tried again later, in seconds.
    ///
    /// Whoever waits for a lock keeps out those who come after; below a second or two every short transaction disturbs.
    private static let tablePatience = 15

    /// One step of bringing an index or a constraint back, in one transaction of the target.
    ///
    /// The source is not needed, unless rows have to be rejected.
    func rebuild(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        try self.begin(job)
        let taken = try self.takeObject(of: job)
        let object = taken.object
        // Where it is not the next step, somebody has done it without a coordinator: `godwit constraints restore`.
        if let step = object.openSteps.first, step.kind.shardKind == job.assignment.kind {
            let start = ContinuousClock.now
            // What has been built by hand is only noted.
            if taken.isGone {
                if object.stepsDone == 0 { try self.onTarget(TaskStatement.tellGone(object)) }
            } else if !taken.isStepDone {
                try self.require(taken, step)
                try self.perform(step, of: object, job)
            }
            try self.advance(object)
            self.clock.write += ContinuousClock.now - start
        }
        try self.commitTask(job)
        return ShardCounters()
    }

    /// Runs a statement of the task's transaction.
    @discardableResult
    func onTarget(_ statement: Statement) throws(AttemptFailure) -> QueryResult {
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.query(statement.sql, statement.parameters)
        }
    }

    private func begin(_ job: ShardJob) throws(AttemptFailure) {
        // The lock on the object waits too: behind a zombie of an earlier attempt, which the coordinator ends.
        let memory = job.plan.policy.maintenanceWorkMemory ?? Self.maintenanceMemory
        let begin = """
            BEGIN ISOLATION LEVEL READ COMMITTED; SET CONSTRAINTS ALL IMMEDIATE;
            SET LOCAL maintenance_work_mem = '\(memory >> 10)kB'; SET LOCAL default_tablespace = '';
            SET LOCAL lock_timeout = '\(Self.tablePatience)s'
            """
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(begin) }
    }

    private func takeObject(of job: ShardJob) throws(AttemptFailure) -> TakenObject {
        let assignment = job.assignment
        guard let id = assignment.object, let taken = TaskStatement.taken(try self.onTarget(TaskStatement.take(id)))
        else {
            throw AttemptFailure(
                .fault,
                side: .target,
                message: "\(assignment.shard) is about an object that the control schema does not have"
            )
        }
        // Only now: definitions were compared under that of the session, `pg_catalog`.
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.execute("SET LOCAL search_path TO \(job.plan.targetSearchPath)")
        }
        return taken
    }

    /// Refuses a step where another object is in its place, or another table.
    private func require(_ taken: TakenObject, _ step: RestoreStep) throws(AttemptFailure) {
        guard let hindrance = taken.hindrance else { return }
        let failure = AttemptFailure(.schema, side: .target, message: hindrance)
        throw self.explained(failure, step, taken.object)
    }

    private func perform(
        _ step: RestoreStep,
        of object: SuspendedRecord,
        _ job: ShardJob
    ) throws(AttemptFailure) {
        // The last look before a statement that may take an hour; a cancellation that comes after it is sent with every ping.
        try self.checkCancelled()
        do throws(AttemptFailure) {
            guard step.kind == .index else { return try self.execute(step) }
            let refusal = try self.attempt("step") { () throws(PostgresError) in try self.target!.execute(step.sql) }
            guard let refusal else { return }
            guard refusal.sqlState == .uniqueViolation else { throw self.failure(refusal, side: .target) }
            try self.rejectDuplicates(of: object, step, refusal, job)
        } catch {
            throw self.explained(error, step, object)
        }
    }

    func execute(_ step: RestoreStep) throws(AttemptFailure) {
        try self.on(.target) { () throws(PostgresError) in _ = try self.target!.execute(step.sql) }
    }

    /// The failure with the object's name before the server's words.
    private func explained(
        _ failure: AttemptFailure,
        _ step: RestoreStep,
        _ object: SuspendedRecord
    ) -> AttemptFailure {
        var failure = failure
        let action =
            switch step.kind {
            case .index: "index \(object.name) of \(object.table) can't be built"
            case .constraint: "constraint \(object.name) of \(object.table) can't be added"
            case .validate: "constraint \(object.name) of \(object.table) does not hold for all rows"
            case .trigger: "trigger \(object.name) of \(object.table) can't be switched on"
            }
        if failure.sqlState == .lockNotAvailable {
            failure.message = """
                \(action) yet: somebody else has had, or waited for, a lock for \(Self.tablePatience) s: \(failure.message)
                """
        } else if failure.failure != .cancelled {
            failure.message = "\(action): \(failure.message)"
        }
        return failure
    }

    private func advance(_ object: SuspendedRecord) throws(AttemptFailure) {
        guard try self.onTarget(TaskStatement.advance(object)).affectedRows == 1 else {
            // It was locked all the time.
            throw AttemptFailure(.fault, side: .target, message: "\(object.name) was brought back by somebody else")
        }
    }

    private func commitTask(_ job: ShardJob) throws(AttemptFailure) {
        let start = ContinuousClock.now
        defer { self.clock.commit += ContinuousClock.now - start }
        let fence = FenceStatement(
            shard: job.assignment.shard,
            lease: job.assignment.lease,
            counters: ShardCounters(),
            timings: ["write": self.clock.write / .seconds(1)],
            presence: nil,
            highestKey: nil,
            logsChange: false,
            planRevision: job.planRevision
        )
        try self.leaveSource()
        guard FenceStatement.held(try self.onTarget(fence.statement)) else {
            throw AttemptFailure(
                .leaseLost,
                side: .target,
                message: "the fence did not hold: \(job.assignment.shard) is somebody else's"
            )
        }
        try self.on(.target) { () throws(PostgresError) in try self.target!.commit() }
    }

    /// What one task may take for sorting, in bytes, where the plan was resolved before it could say so.
    private static let maintenanceMemory = 256 << 20
}
