import ArgumentParser
import ControlStore
import Foundation
import Glibc

struct RejectsExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write rejected rows as CSV or as lines of JSON.",
        discussion: """
            Streams, so that millions of rejects take little memory. The source rows are left out, because they hold \
            personal data, unless --with-source-row asks for them as they are stored. A file is readable by its owner \
            only, and takes its name when it is complete.

            EXAMPLES
              godwit rejects export --format csv --output rejects.csv
              godwit rejects export --entity orders --format jsonl --with-source-row | jq .source_row

            EXIT STATUS
               0 written
               1 the file can't be written
              64 there is no such run or entity
              69 the target can't be reached
              77 the role of GODWIT_TARGET may not
            """
    )

    @OptionGroup var run: RunOptions
    @OptionGroup var filter: RejectFilterOptions

    @Option(help: ArgumentHelp("csv or jsonl.", valueName: "format"))
    var format: RejectExport.Format = .csv

    @Option(name: .shortAndLong, help: ArgumentHelp("Write here instead of to standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Also rows that a replay has taken up since.")
    var all = false

    @Flag(help: "Also the stored source rows, personal columns included.")
    var withSourceRow = false

    func run() async throws {
        try await CommandFailure.reporting {
            let (store, run) = try await self.run.open(for: "rejects export")
            let filter = try await self.filter.filter(store, run, includesResolved: self.all)
            let export = RejectExport(format: self.format, withSourceRow: self.withSourceRow)
            let sink = try ExportSink(path: self.output)
            try sink.write(export.heading)
            try await store.eachPage(of: run.id, filter, readsRows: self.withSourceRow) { rejects in
                var text = ""
                for reject in rejects { text += try export.line(reject) }
                try sink.write(text)
            }
            try sink.finish()
        }
    }
}

extension RejectExport.Format: ExpressibleByArgument {}

/// Where an export goes: standard output, or a file that has its name once it is whole.
final class ExportSink: Sendable {
    private let path: String?
    private let descriptor: Int32

    private var partial: String { (self.path ?? "") + ".part" }

    init(path: String?) throws {
        self.path = path
        guard let path else {
            self.descriptor = STDOUT_FILENO
            return
        }
        // One that was left behind may be readable by others, or lead elsewhere: the mode is for new files only.
        unlink(path + ".part")
        self.descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard self.descriptor >= 0 else { throw Self.failure(path, errno) }
    }

    deinit {
        guard self.path != nil, self.descriptor >= 0 else { return }
        close(self.descriptor)
    }

    func write(_ text: String) throws {
        guard let path = self.path else { return StandardOutput.write(text) }
        let error = FileDescriptor(rawValue: self.descriptor).write(text)
        if error != 0 { throw Self.failure(path, error) }
    }

    /// Gives the file its name.
    func finish() throws {
        guard let path = self.path else { return }
        guard fsync(self.descriptor) == 0, rename(self.partial, path) == 0 else { throw Self.failure(path, errno) }
    }

    private static func failure(_ path: String, _ error: Int32) -> CommandFailure {
        CommandFailure(.failed, "\(path) can't be written: \(String(cString: strerror(error)))")
    }
}
