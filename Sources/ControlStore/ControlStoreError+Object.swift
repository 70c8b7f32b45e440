import Postgres

extension ControlStoreError {
    /// Whether one object could not be brought back while others can: the server has refused it, or it is hindered.
    package var isOfObject: Bool {
        guard let state = self.sqlState else { return self.code == .refused }
        return !self.isTransient || state == .lockNotAvailable
    }
}
