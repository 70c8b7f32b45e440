import ArgumentParser
import Postgres

struct DatabaseOptions: ParsableArguments {
    @Flag(help: "Allow databases on other hosts without TLS.")
    var insecure = false

    /// The source, from `GODWIT_SOURCE`.
    func source() throws -> ConnectionParameters {
        try self.parameters("GODWIT_SOURCE", "source")
    }

    /// The target, from `GODWIT_TARGET`.
    func target() throws -> ConnectionParameters {
        try self.parameters("GODWIT_TARGET", "target")
    }

    private func parameters(_ variable: String, _ side: String) throws -> ConnectionParameters {
        let parameters: ConnectionParameters
        do throws(PostgresError) {
            parameters = try ConnectionParameters(environmentVariable: variable)
        } catch {
            throw CommandFailure(.usage, error.message + (error.hint.map { ": \($0)" } ?? ""))
        }
        guard parameters.isLocal || parameters.usesTLS || self.insecure else {
            throw CommandFailure(
                .usage,
                """
                the \(side) is on another host (\(parameters)) and the connection would not be encrypted: add \
                sslmode=verify-full to \(variable), or allow it with --insecure
                """
            )
        }
        return parameters
    }
}
