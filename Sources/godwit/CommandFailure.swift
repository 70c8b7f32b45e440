import ArgumentParser
import ControlStore
import Coordinator
import Foundation
import Messaging
import Postgres
import Worker

/// An error on its way to the terminal: one text, one exit status.
struct CommandFailure: Error {
    var status: ExitStatus
    /// Empty where a child has said it already.
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Judges any error of the lower floors.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure:
            self = failure
        case let error as CoordinatorError:
            self.init(error)
        case let error as WorkerError:
            let status: ExitStatus =
                switch error.code {
                case .refused: .invalidPlan
                case .notAuthorised, .notPermitted: .notPermitted
                case .noCoordinator, .database, .messaging: .unavailable
                }
            self.init(status, error.message)
        case let error as ControlStoreError:
            self.init(error)
        case let error as PostgresError:
            self.init(Self.isUnavailable(error) ? .unavailable : .failed, "\(error)" + Self.advice(error))
        case let error as MessagingError:
            self.init(error)
        default:
            self.init(.failed, "\(error)")
        }
    }

    private init(_ error: CoordinatorError) {
        let status: ExitStatus =
            switch error.code {
            case .invalidPlan, .planChanged: .invalidPlan
            case .database, .notLeading, .messaging: .unavailable
            case .notPermitted: .notPermitted
            case .exposed: .usage
            case .runFailed: .failed
            }
        self.init(status, error.message)
    }

    private init(_ error: MessagingError) {
        let status: ExitStatus =
            switch error.code {
            // ENOENT: a path that leads nowhere is a mistake of the call.
            case .keyFile: error.errno == 2 ? .usage : .notPermitted
            case .invalidEndpoint, .invalidKey, .insecure: .usage
            case .addressInUse, .addressUnavailable, .exhausted, .system: .unavailable
            }
        self.init(status, error.message)
    }

    private init(_ error: ControlStoreError) {
        let status: ExitStatus =
            switch error.code {
            case .notFound, .ambiguous: .usage
            case .notPermitted: .notPermitted
            case .database where error.isMissingRight: .notPermitted
            case .database: error.underlying.map(Self.isUnavailable) == true ? .unavailable : .failed
            case .newerSchema, .notInstalled, .termLost, .refused, .unexpectedAnswer: .failed
            }
        var advice = error.underlying.map(Self.advice) ?? ""
        if error.isMissingRight, error.code != .notPermitted {
            advice = "; use a member of godwit_operator in GODWIT_TARGET, or the coordinator's role (docs/security.md)"
        }
        self.init(status, "\(error)" + advice)
    }

    /// What to do about a server that lets nobody in.
    private static func advice(_ error: PostgresError) -> String {
        guard error.code == .connectionFailed else { return "" }
        let variable =
            switch error.role {
            case .source: "GODWIT_SOURCE"
            case .target, .control: "GODWIT_TARGET"
            case nil: "GODWIT_SOURCE or GODWIT_TARGET"
            }
        // 28000, 28P01: https://www.postgresql.org/docs/current/errcodes-appendix.html
        if error.sqlState == "28P01" || error.sqlState == "28000" {
            return "; check the user, and the password in \(variable), PGPASSWORD or ~/.pgpass"
        }
        return "; check \(variable), and that the server is up"
    }

    private static func isUnavailable(_ error: PostgresError) -> Bool {
        error.code == .connectionFailed || error.isTransient
    }

    /// Runs a command's body; an error is printed once, to standard error, and becomes the exit status.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let exit as ExitCode {
            throw exit
        } catch let error as ValidationError {
            throw error
        } catch {
            let failure = CommandFailure(error)
            if !failure.message.isEmpty {
                let line = failure.message.hasSuffix("\n") ? failure.message : failure.message + "\n"
                FileHandle.standardError.write(Data("godwit: \(line)".utf8))
            }
            throw failure.status.code
        }
    }
}
