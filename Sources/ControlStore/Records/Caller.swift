/// Who gives a command, as far as the database can't know; the role it connects with is recorded besides.
///
/// That role is what the server has authenticated; user and host are what the client says of itself. A CURVE key is in
/// neither: commands go to the database, where nobody could prove that they hold it.
package struct Caller: Sendable, Equatable {
    /// Of the operating system.
    package var user: String
    package var host: String

    package init(user: String, host: String) {
        self.user = user
        self.host = host
    }

    /// `alice@build-7`.
    package var description: String { "\(self.user)@\(self.host)" }

    /// What an event says of it.
    var data: [String: String] { ["user": self.user, "host": self.host] }
}
