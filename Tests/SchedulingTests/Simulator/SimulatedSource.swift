/// The source's snapshots: one lives for as long as somebody's session holds it and the server is not restarted.
struct SimulatedSource {
    /// A session that holds a snapshot; it is as good as dead once the server has been restarted.
    struct Hold: Equatable {
        /// Of the snapshot, as the control schema counts them.
        var number: Int
        fileprivate var start: Int
    }

    private var start = 0

    mutating func restart() {
        self.start += 1
    }

    func isAlive(_ hold: Hold?) -> Bool {
        hold?.start == self.start
    }

    /// A new session of a snapshot that is there.
    func hold(_ number: Int) -> Hold {
        Hold(number: number, start: self.start)
    }
}
