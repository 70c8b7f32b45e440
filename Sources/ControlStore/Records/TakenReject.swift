/// An open reject that a replay took up.
package struct TakenReject: Sendable, Equatable {
    package var key: Int64
    package var reason: String
    package var column: String?

    package init(key: Int64, reason: String, column: String?) {
        self.key = key
        self.reason = reason
        self.column = column
    }
}
