/// Why a stream of rows cannot be transformed at all; a single bad row is a `RejectedRow` instead.
package struct RowPipelineError: Error, Sendable, Equatable, CustomStringConvertible {
    package var code: Code
    package var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String {
        "\(self.code.rawValue): \(self.message)"
    }
}

extension RowPipelineError {
    /// What kind of failure it is.
    package enum Code: String, Sendable, Equatable {
        /// The bytes are not a binary COPY stream of the program's columns.
        case malformedStream
        /// The program names an input, entity or option that does not exist; a fault of whoever compiled it.
        case invalidProgram
        /// A parent is absent and the plan says that the shard must stop (`on_orphan: fail`).
        case orphan
        /// A stored presence set is damaged.
        case malformedPresence
        /// The system refused the memory for what rows become.
        case outOfMemory
    }
}
