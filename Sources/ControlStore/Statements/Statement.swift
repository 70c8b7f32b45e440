package import Postgres

/// SQL with its parameters, for the connection of whoever runs it.
package struct Statement: Sendable, Equatable {
    package var sql: String
    package var parameters: [QueryParameter]

    package init(_ sql: String, _ parameters: [QueryParameter] = []) {
        self.sql = sql
        self.parameters = parameters
    }
}
