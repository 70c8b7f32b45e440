import Foundation
import Postgres
import PostgresFixture
import Testing

/// `verify-full` against a server with a certificate authority made for the test.
@Suite struct TLSTests {
    /// A directory with two authorities and the server's certificate, which names `localhost` alone.
    private final class Authorities {
        let path: String

        init() throws {
            self.path = "/tmp/godwit-tls-\(UUID())"
            try Self.shell(
                """
                umask 077; mkdir '\(self.path)'; cd '\(self.path)'
                for name in ca other; do
                    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj "/CN=$name" -keyout $name.key -out $name.crt
                done
                openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
                printf 'subjectAltName = DNS:localhost\\n' >names
                openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 1 -extfile names -out server.crt
                chmod 755 .; chmod 644 *.crt
                if [ "$(id -u)" = 0 ]; then chown "$(id -un postgres 2>/dev/null || echo nobody)" server.key; fi
                """
            )
        }

        deinit {
            // A directory left behind in /tmp harms nobody.
            try? FileManager.default.removeItem(atPath: self.path)
        }

        private static func shell(_ script: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-ec", script]
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
    }

    @Test func `only the host of the certificate and only its authority are trusted`() throws {
        let authorities = try Authorities()
        let port = try PrivateServer.freePort()
        let server = try PrivateServer(
            settings: [
                "listen_addresses": "127.0.0.1", "port": "\(port)", "ssl": "on",
                "ssl_cert_file": "\(authorities.path)/server.crt", "ssl_key_file": "\(authorities.path)/server.key",
            ]
        )
        let failure = { (host: String, authority: String) throws -> PostgresError? in
            let parameters = try ConnectionParameters(
                """
                host=\(host) hostaddr=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=verify-full
                sslrootcert=\(authorities.path)/\(authority).crt
                """
            )
            #expect(parameters.verifiesServer)
            do throws(PostgresError) {
                let connection = try Connection(parameters, role: .target, applicationName: "test")
                let used = try connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                #expect(used.first?.text(0) == "t")
                return nil
            } catch {
                return error
            }
        }
        #expect(try failure("localhost", "ca") == nil)
        let stranger = try #require(try failure("localhost", "other"))
        #expect(stranger.code == .connectionFailed)
        #expect(stranger.message.contains("certificate verify failed"), "\(stranger)")
        let impostor = try #require(try failure("db.example.org", "ca"))
        #expect(impostor.code == .connectionFailed)
        #expect(impostor.message.contains("db.example.org"), "\(impostor)")
        let missing = try #require(try failure("localhost", "none"))
        #expect(missing.message.contains("none.crt"), "\(missing)")
        withExtendedLifetime(server) {}
    }

    @Test(arguments: [
        ("sslmode=verify-full", true, true), ("sslmode=verify-ca", true, false), ("sslmode=require", true, false),
        ("sslmode=prefer", false, false), ("", false, false),
    ])
    func `only verify-full has the server prove its name`(mode: String, isEncrypted: Bool, verifies: Bool) throws {
        let parameters = try ConnectionParameters("host=db.example.org \(mode)")
        #expect(parameters.usesTLS == isEncrypted)
        #expect(parameters.verifiesServer == verifies)
    }
}
