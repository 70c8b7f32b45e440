/// What a look at the source showed.
package struct SourceSignals: Sendable, Equatable {
    /// Active sessions that are not Godwit's.
    package var sessions: Int

    package init(sessions: Int) {
        self.sessions = sessions
    }
}
