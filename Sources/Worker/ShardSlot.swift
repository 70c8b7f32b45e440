import Catalog
import ControlProtocol
import ControlStore
import Logging
import Observability
import Postgres
import RowPipeline
import Scheduling

/// One concurrent shard of a worker: a session on each database and the buffers between them.
///
/// Everything blocks, on the slot's own thread. Sessions and buffers are kept from shard to shard.
actor ShardSlot {
    nonisolated let control = SlotControl()
    nonisolated private let executor: BlockingExecutor
    let number: Int
    private let sourceParameters: ConnectionParameters
    private let targetParameters: ConnectionParameters
    let progress: WorkerProgress
    let pacer: Pacer
    let logger: Logger

    var source: Connection?
    /// Whether a wide row has widened the source session's own buffer, which libpq keeps as long as the session.
    var isSourceWide = false
    var target: Connection?
    private var sourceSnapshot: String?
    var input = ByteBuffer(capacity: 256 << 10)
    var output = CopyBuffer()
    /// How much of the output a COPY has that was begun before the batch was full; nil where none was.
    var sentBytes: Int?
    /// How large batches are; begins anew with every entity, because refusals come from its rows.
    var sizing = BatchSizing(threshold: 0)
    private var sizedEntity: EntityName?
    var clock = StageClock()
    /// Whether the job at hand has personal columns, so that the servers' words are kept back.
    private(set) var hidesValues = false
    /// Whether the job at hand has set its savepoint on the source.
    private(set) var hasSource = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    init(
        number: Int,
        source: ConnectionParameters,
        target: ConnectionParameters,
        progress: WorkerProgress,
        pacer: Pacer,
        logger: Logger
    ) {
        self.number = number
        self.executor = BlockingExecutor(label: "godwit.slot.\(number)")
        self.sourceParameters = source
        self.targetParameters = target
        self.progress = progress
        self.pacer = pacer
        self.logger = logger
    }

    /// Works on one shard until it is committed or the attempt has failed.
    ///
    /// - Throws: `AttemptFailure`; the target then holds nothing of the attempt.
    func run(_ job: ShardJob) throws(AttemptFailure) -> ShardCounters {
        self.clock = StageClock()
        self.hidesValues = job.entity.hasPersonalColumns
        self.sizeBatches(of: job)
        var ending = WorkerProgress.Ending.failed
        defer { self.progress.finish(lease: job.assignment.lease, ending, clock: self.clock) }
        self.outlastCancellation()
        do {
            self.hasSource = false
            if !job.assignment.kind.isTask { try self.openSource(job) }
            try self.openTarget(job)
            let counters =
                switch job.assignment.kind {
                case .copy, .replay: try self.copy(job)
                case .fill: try self.fill(job)
                case .index, .constraint, .validate: try self.rebuild(job)
                }
            ending = .done
            return counters
        } catch {
            if error.failure == .cancelled { ending = .givenBack }
            self.tidy()
            throw error
        }
    }

    private func sizeBatches(of job: ShardJob) {
        let threshold = job.plan.policy.memoryThreshold
        guard self.sizedEntity != job.assignment.entity || self.sizing.threshold != threshold else { return }
        self.sizedEntity = job.assignment.entity
        self.sizing = BatchSizing(threshold: threshold)
    }

    /// Runs a statement on one side and judges its error.
    @discardableResult
    func on<Result: ~Copyable>(
        _ side: AttemptFailure.Side,
        _ body: () throws(PostgresError) -> Result
    ) throws(AttemptFailure) -> Result {
        do throws(PostgresError) {
            return try body()
        } catch {
            throw self.failure(error, side: side)
        }
    }

    /// Judges a database error of the job at hand.
    func failure(_ error: PostgresError, side: AttemptFailure.Side) -> AttemptFailure {
        var failure = AttemptFailure(
            error,
            side: side,
            isCancelled: self.control.isCancelled,
            hidesValues: self.hidesValues
        )
        if error.code == .outOfMemory {
            failure.message += ". " + self.memoryAdvice
            // Whatever libpq's own buffer has grown to is given back with the session.
            if side == .source { self.isSourceWide = true }
        }
        return failure
    }

    /// What to do where a row finds no memory.
    var memoryAdvice: String {
        """
        A slot holds its widest row twice or more, and a batch besides: give the worker more memory or fewer --slots; \
        run.memory_threshold (\(ByteText.text(self.sizing.threshold))) bounds batches of rows, not a single one
        """
    }

    func checkCancelled() throws(AttemptFailure) {
        guard !self.control.isCancelled else {
            throw AttemptFailure(.cancelled, side: .worker, message: "the attempt was told to stop")
        }
    }

    /// Takes up a session that reads the run's snapshot.
    func openSource(_ job: ShardJob) throws(AttemptFailure) {
        guard let snapshot = job.snapshot else {
            throw AttemptFailure(.surroundings, side: .source, message: "this worker has no snapshot of the source now")
        }
        if self.sourceSnapshot != snapshot || self.isSourceWide || (self.source?.isBroken ?? true) {
            self.source = nil
            self.sourceSnapshot = nil
            self.isSourceWide = false
            let parameters = self.sourceParameters
            self.source = try self.on(.source) { () throws(PostgresError) in
                try Connection(
                    parameters,
                    role: .source,
                    applicationName: "gdw-source:\(job.run.description.prefix(8))"
                )
            }
            self.watchSessions()
            do throws(PostgresError) {
                try self.source!.widenInput()
                try self.source!.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                try self.source!.execute("SET TRANSACTION SNAPSHOT \(quoteLiteral(snapshot))")
                try self.source!.execute("SET LOCAL search_path TO \(job.plan.sourceSearchPath)")
            } catch {
                self.source = nil
                throw AttemptFailure(
                    error,
                    side: .source,
                    isCancelled: self.control.isCancelled,
                    importsSnapshot: true
                )
            }
            self.sourceSnapshot = snapshot
        }
        try self.on(.source) { () throws(PostgresError) in try self.source!.execute("SAVEPOINT shard") }
        self.hasSource = true
        try self.lockSource(job)
    }

    /// Leaves the source's session for the next job, where this one has used it.
    func leaveSource() throws(AttemptFailure) {
        guard self.hasSource else { return }
        try self.on(.source) { () throws(PostgresError) in _ = try self.source!.execute("RELEASE SAVEPOINT shard") }
    }

    private func openTarget(_ job: ShardJob) throws(AttemptFailure) {
        if self.target?.isBroken ?? true {
            self.target = nil
            let parameters = self.targetParameters
            let name = LeaseApplicationName.name(for: job.assignment.lease)
            self.target = try self.on(.target) { () throws(PostgresError) in
                try Connection(parameters, role: .target, applicationName: name)
            }
            self.watchSessions()
        } else {
            // The coordinator ends the session of an expired lease by this name.
            try self.on(.target) { () throws(PostgresError) in
                try self.target!.execute(LeaseApplicationName.statement(for: job.assignment.lease))
            }
        }
        try self.checkCancelled()
    }

    /// Begins the shard's transaction on the target.
    ///
    /// Only when the first rows have come: a source that sorts for minutes before it sends any would otherwise run into
    /// the target's bound on idle transactions.
    func beginTarget(_ job: ShardJob) throws(AttemptFailure) {
        // A deferred constraint would fail at COMMIT, after the fence.
        let begin = """
            BEGIN ISOLATION LEVEL READ COMMITTED; SET CONSTRAINTS ALL IMMEDIATE;
            SET LOCAL search_path TO \(job.plan.targetSearchPath)
            """
        try self.on(.target) { () throws(PostgresError) in try self.target!.execute(begin) }
        try self.proveTarget(job)
    }

    private func watchSessions() {
        var cancels: [@Sendable () -> Void] = []
        if let canceller = self.source?.canceller() { cancels.append { canceller.cancel() } }
        if let canceller = self.target?.canceller() { cancels.append { canceller.cancel() } }
        self.control.watch(cancels)
    }

    /// Takes both sessions back to where the next attempt can begin; one that cannot get there is dropped.
    private func tidy() {
        do throws(PostgresError) {
            try self.target?.execute("ROLLBACK")
        } catch {
            self.target = nil
        }
        guard self.hasSource else { return }
        do throws(PostgresError) {
            try self.source?.execute("ROLLBACK TO SAVEPOINT shard; RELEASE SAVEPOINT shard")
        } catch {
            self.source = nil
            self.sourceSnapshot = nil
        }
    }
}
