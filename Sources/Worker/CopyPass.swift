import Catalog
import ControlProtocol
import ControlStore
import RowPipeline
import Scheduling

/// One attempt at a shard while it runs: its transformer, and what happened to its rows so far.
struct CopyPass: ~Copyable {
    var job: ShardJob
    var transformer: RowTransformer
    var counters: RowCounters
    var rejects: [RejectedRow] = []
    /// Of the base table over the range, as the source counts them.
    var sourceRows = 0
    var filtered = 0
    var bytesRead = 0
    var bytesWritten = 0
    var batches = 0
    /// Rows that the target refused.
    var refused = 0
    /// What a replay took up, and what the source has of it.
    var replay = ReplayedRows()
    /// Rows that are not read, because the source can't compute them.
    var unreadable: [UnreadableRow]
    /// How the target's rows are known again; nil where there are none yet.
    var mergeKey: MergeKey?
    /// Of a merge: rows that were refused and are tried again after the others.
    var lateKeys: [Int64] = []
    /// Of a merge: what replays have counted of its range.
    var merged = MergeStatement.Replayed()
    /// Of a merge: keys that are rejected now and in the target since before.
    var keptKeys: Set<Int64> = []
    /// Rows whose deferred references were filled; nil in other passes.
    var filled: Int?
    /// Of a fill pass: the keys of the rows that it has references for.
    var stagedKeys: [Int64] = []
    /// What is left to others; nil where the range is read to its end.
    var rest: ShardRest?
    let begun = ContinuousClock.now

    init(
        _ job: ShardJob,
        without unreadable: [UnreadableRow],
        program: RowProgram,
        transformer: consuming RowTransformer
    ) {
        self.job = job
        self.unreadable = unreadable
        self.transformer = transformer
        self.counters = RowCounters(columns: program.outputs.count)
    }

    /// Compiles the program of the job's kind.
    static func begin(_ job: ShardJob, without unreadable: [UnreadableRow]) throws(AttemptFailure) -> CopyPass {
        guard let program = job.assignment.kind == .fill ? job.entity.fill?.program : job.entity.program else {
            throw AttemptFailure(.fault, side: .worker, message: "\(job.entity.name) has no fill pass")
        }
        do throws(RowPipelineError) {
            var transformer = try RowTransformer(
                program: program,
                identities: job.sets.identities,
                environment: job.sets.environment
            )
            // The sums alone would not show a query that yields one key twice and another not at all.
            if job.entity.readsQuery, job.assignment.kind != .fill { transformer.watchForRepeatedKeys() }
            return CopyPass(job, without: unreadable, program: program, transformer: transformer)
        } catch {
            throw AttemptFailure(.fault, side: .worker, message: "the row program of \(job.entity.name): \(error)")
        }
    }

    /// Rows of the range that the source has not sent yet.
    var rowsLeft: Int { self.sourceRows - self.filtered - self.unreadable.count - self.counters.read }

    /// Whether only the end of the source's COPY is left to read: nobody need wait for that.
    var hasReadAll: Bool { self.job.assignment.kind == .copy && self.rowsLeft <= 0 }

    var copyOutStatement: String { self.job.copyOutStatement(of: self.job.part, without: self.unreadable.map(\.key)) }

    /// Takes the transformer's output: into the target table, or into the fill pass's temporary one.
    var copyInStatement: String {
        self.job.assignment.kind == .fill ? self.job.entity.fillCopyInStatement ?? "" : self.job.entity.copyInStatement
    }
}
