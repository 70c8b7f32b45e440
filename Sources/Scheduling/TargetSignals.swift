/// What a look at the target showed.
package struct TargetSignals: Sendable, Equatable {
    /// Active sessions that are not Godwit's.
    package var sessions: Int
    /// Of the standby that is farthest behind; nil where none is connected.
    package var standby: Standby?
    /// Bytes of WAL written since the cluster was made.
    package var walPosition: Int

    package init(sessions: Int, standby: Standby?, walPosition: Int) {
        self.sessions = sessions
        self.standby = standby
        self.walPosition = walPosition
    }
}

extension TargetSignals {
    /// How far a standby is behind.
    package struct Standby: Sendable, Equatable {
        package var name: String
        /// WAL that it has not replayed.
        package var bytes: Int
        /// From commit to replay, of what was replayed last; 0 where nothing is under way, or nothing is replayed.
        package var seconds: Double

        package init(name: String, bytes: Int, seconds: Double) {
            self.name = name
            self.bytes = bytes
            self.seconds = seconds
        }
    }
}
