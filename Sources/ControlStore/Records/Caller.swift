/// Who gives a command, as far as the database can't know; the role it connects with is recorded besides.
package struct Caller: Sendable, Equatable {
    /// Of the operating system.
    package var user: String
    package var host: String
    /// Name of the key it holds, nil without one.
    package var key: String?

    package init(user: String, host: String, key: String? = nil) {
        self.user = user
        self.host = host
        self.key = key
    }

    /// `alice@build-7`, with the key where there is one.
    package var description: String {
        "\(self.user)@\(self.host)" + (self.key.map { " with key \($0)" } ?? "")
    }

    /// What an event says of it.
    var data: [String: String] {
        var data = ["user": self.user, "host": self.host]
        data["key"] = self.key
        return data
    }
}
