import ControlProtocol
import Glibc
import Postgres
import Scheduling

extension ShardSlot {
    /// The longest time in which a batch is filled: the target's transaction stands idle meanwhile, and its server ends
    /// one that is idle for twice the lease's time, a minute.
    static let longestBatch = Duration.seconds(10)
    /// The longest time in which a piece of a batch is filled, so that what it brings is written soon, and counted.
    private static let longestPiece = Duration.milliseconds(500)
    /// How long a closed throttle is waited for; then the shard is given back, so that no transaction stays open.
    private static let patience = Duration.seconds(20)
    /// How often a session in a transaction is heard of meanwhile: well below the minute that its server waits.
    private static let stirring = Duration.seconds(5)
    /// How soon a waiting slot notices that it was told to stop, or may go on.
    private static let step = Duration.milliseconds(50)

    /// Reads rows until a piece is full or the source has no more, no faster than the run may.
    ///
    /// - Parameters:
    ///   - byteLimit: With how many bytes in the input the piece is full.
    ///   - rowLimit: With how many rows it is.
    ///   - waits: False where no row is left: what was read is committed then, and others wait for its debt.
    /// - Returns: What the source has sent.
    /// - Throws: The source's error, or what gives the shard back.
    func readPaced(until byteLimit: Int, rowLimit: Int, waits: Bool) throws(AttemptFailure) -> CopyRead {
        let most = self.pacer.amount(in: Self.longestPiece)
        let byteLimit = min(byteLimit, max(1, most.bytes ?? .max))
        let rowLimit = min(rowLimit, max(1, most.rows ?? .max))
        var rows = 0
        while true {
            if waits { try self.awaitPace() }
            let piece = self.pacer.piece
            let before = self.input.count
            let until = min(byteLimit, piece.bytes.map { before + $0 } ?? byteLimit)
            let rowsLeft = min(rowLimit - rows, piece.rows ?? .max)
            let read = try self.on(.source) { () throws(PostgresError) in
                try self.source!.readCopy(into: &self.input, until: until, rowLimit: rowsLeft)
            }
            guard case .more(let count) = read else {
                self.pacer.took(rows: 0, bytes: self.input.count - before)
                return read
            }
            self.pacer.took(rows: count, bytes: self.input.count - before)
            rows += count
            if self.input.count >= byteLimit || rows >= rowLimit { return .more(rows: rows) }
        }
    }

    /// Blocks until the slot may read.
    ///
    /// - Throws: What gives the shard back, where the throttle stays closed or the attempt is told to stop.
    private func awaitPace() throws(AttemptFailure) {
        var lastStir = ContinuousClock.now
        var closed: ContinuousClock.Instant?
        while true {
            switch self.pacer.verdict() {
            case .go: return
            case .wait(let time):
                closed = nil
                try self.checkCancelled()
                if .now - lastStir >= Self.stirring {
                    try self.stirTarget()
                    lastStir = .now
                }
                Self.wait(min(time, Self.step))
            case .closed:
                try self.checkCancelled()
                let since = closed ?? .now
                closed = since
                guard .now - since < Self.patience else {
                    throw AttemptFailure(
                        .surroundings,
                        side: .worker,
                        message: "the run is throttled, so the shard was given back; godwit status says why"
                    )
                }
                Self.wait(Self.step)
            }
        }
    }

    /// Has the target's session do something, where its transaction is open and no COPY is under way.
    ///
    /// The debt of a wide row can take minutes, and the target's server ends a transaction that is idle for one.
    /// What can be committed before a long wait is (`YieldPolicy`); this is for fills, replays, merges and `query:` entities.
    private func stirTarget() throws(AttemptFailure) {
        guard self.target?.transactionStatus == .open else { return }
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.execute("SELECT 'the throttle is waited for'")
        }
    }

    private static func wait(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        var request = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        nanosleep(&request, nil)
    }
}
