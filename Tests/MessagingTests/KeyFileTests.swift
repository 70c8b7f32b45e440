import Foundation
import Glibc
import Messaging
import Testing

@Suite struct KeyFileTests {
    /// A directory of the test's own.
    private final class Place {
        let path: String

        init() throws {
            // Short and of the same length everywhere: a path of 40 characters is one test's subject.
            self.path = "/tmp/godwit-keys-\(UUID().uuidString.prefix(8))"
            try FileManager.default.createDirectory(
                atPath: self.path,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        }

        deinit {
            // A leftover directory of keys of no use harms nobody.
            try? FileManager.default.removeItem(atPath: self.path)
        }
    }

    private static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func aPairIsWrittenWhereOnlyItsOwnerReadsIt() throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: "\(place.path)/deep/keys")
        #expect(Self.mode(paths.secret) == 0o600)
        #expect(Self.mode(paths.public) == 0o644)
        #expect(Self.mode("\(place.path)/deep/keys") == 0o700)
        let secret = try KeyFile.readSecret(paths.secret)
        let known = try KeyFile.readPublic(paths.public)
        #expect(secret.name == "a")
        #expect(known.name == "a")
        #expect(known.key == secret.pair.publicKey)
        #expect(try KeyFile.readPublic(paths.secret) == known)
        #expect(throws: MessagingError.self) { try KeyFile.readSecret(paths.public) }
    }

    @Test func aFileIsNotTakenForTheKeyThatItsPathCouldBe() throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: place.path)
        let path = place.path + "/worker-one.pub"
        // As long as a key.
        #expect(path.count == 40)
        #expect(rename(paths.public, path) == 0)
        #expect((try? CurveKey(path)) != nil)
        let own = try KeyFile.readSecret(paths.secret).pair.publicKey
        let read = try KeyFile.readPublic(keyOrFile: path)
        #expect(read.name == "a")
        #expect(read.key == own)
        let given = try KeyFile.readPublic(keyOrFile: own.text)
        #expect(given.name == nil)
        #expect(given.key == own)
        #expect(throws: MessagingError.self) { try KeyFile.readPublic(keyOrFile: "nowhere.pub") }
    }

    @Test func nothingIsEverOverwritten() throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: place.path)
        let before = try KeyFile.readPublic(paths.public)
        #expect(throws: MessagingError.self) { try KeyFile.generate("a", in: place.path) }
        #expect(try KeyFile.readPublic(paths.public) == before)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o644, 0o700 | 0o010] as [mode_t])
    func aSecretThatOthersCanReadIsRefused(mode: mode_t) throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: place.path)
        chmod(paths.secret, mode)
        let error = #expect(throws: MessagingError.self) { try KeyFile.readSecret(paths.secret) }
        #expect(error?.code == .keyFile)
        #expect(error?.message.contains("chmod 600 '\(paths.secret)'") == true)
    }

    @Test(.enabled(if: geteuid() == 0)) func aSecretOfAnotherUserIsRefused() throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: place.path)
        chown(paths.secret, 65_534, 65_534)
        let error = #expect(throws: MessagingError.self) { try KeyFile.readSecret(paths.secret) }
        #expect(error?.message.contains("another user") == true)
    }

    @Test func aPublicKeyThatOthersCanWriteIsRefused() throws {
        let place = try Place()
        let paths = try KeyFile.generate("a", in: place.path)
        chmod(paths.public, 0o666)
        #expect(throws: MessagingError.self) { try KeyFile.readPublic(paths.public) }
    }

    @Test func aDirectoryThatIsOpenToOthersIsRefused() throws {
        let place = try Place()
        chmod(place.path, 0o755)
        let error = #expect(throws: MessagingError.self) { try KeyFile.generate("a", in: place.path) }
        #expect(error?.message.contains("chmod 700") == true)
    }

    @Test(arguments: ["", "-a", ".a", "a b", "a/b", "../a", "ä", String(repeating: "a", count: 64)])
    func whatIsNoNameIsRefused(name: String) {
        #expect(!KeyFile.isName(name))
    }
}
