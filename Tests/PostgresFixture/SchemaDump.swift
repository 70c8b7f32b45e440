import Foundation
package import Postgres

/// What `pg_dump --schema-only` writes of a database, Godwit's own schema left out.
package enum SchemaDump {
    /// The dump of the database that the parameters name.
    package static func text(of parameters: ConnectionParameters) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Where the test server's programs are, the newest version first, as its own start script looks for them.
        process.arguments = [
            "-c",
            """
            for bin in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -Vr) ''; do
                command -v "${bin:+$bin/}pg_dump" >/dev/null && exec "${bin:+$bin/}pg_dump" --schema-only --exclude-schema godwit --dbname "$1"
            done
            exit 127
            """,
            "sh", parameters.connectionString,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        // From 15.14 on each dump has a key of its own in it.
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("\\restrict ") && !$0.hasPrefix("\\unrestrict ") }.joined(separator: "\n")
    }

    /// `pg_dump` has failed, or is not there (127).
    package struct Failure: Error {
        var status: Int32
    }
}
