// What became of a call. Core code reports by return value only: no exceptions, no errno.
#ifndef CUTPOINT_STATUS_H_
#define CUTPOINT_STATUS_H_

#include <stdint.h>

namespace cutpoint {

// The numbers cross into the Python bindings (cutpoint.wire.Reason); append, never renumber.
enum class Status : uint8_t {
  kOk = 0,
  kPending = 1,  // taken, but the message needs more chunks

  // A frame that is refused before its payload is looked at.
  kTruncated = 2,  // fewer bytes than the header, the header's own count, or a field needs
  kMagic = 3,
  kVersion = 4,
  kLength = 5,  // more bytes than the header states, or a chunk of an impossible size
  kCrc = 6,
  kKind = 7,
  kFlags = 8,  // a reserved flag, or flags that exclude each other
  kChunk = 9,  // chunk count or index out of range
  kCodec = 10,
  kEncrypted = 11,  // there is no key

  // A good frame that the message being collected has no use for.
  kOversized = 12,  // would overrun the caller's buffer
  kStale = 13,      // belongs to an older message than the one being collected
  kDuplicate = 14,

  // A payload that does not hold what its kind prescribes.
  kTrailing = 15,  // bytes after the last field
  kReserved = 16,  // a field or bit that version 1 prescribes as zero
  kCount = 17,     // a count of records out of range
  kTensor = 18,    // sizes that contradict dtype or codec
  kDType = 19,
  kCoded = 20,   // a coded tensor that is not the canonical form of any tensor
  kNumber = 21,  // a number out of its range, or not finite

  // The caller's mistake.
  kBufferTooSmall = 22,
  kArgument = 23,  // a value that cannot be put on the wire, or a call out of order

  // A frame that a receiver with a key refuses (cipher/sealing.h).
  kPlain = 24,     // not sealed
  kForged = 25,    // changed, or sealed with another key
  kReplayed = 26,  // opened before, or too far behind to tell
  kOldLife = 27,   // of an earlier life of its sealer
  kRole = 28,      // sealed by this end: reflected
  kAnyLife = 29,   // a command that does not name the boot that it is for

  // A frame that cannot be sealed.
  kCipher = 30,     // the cipher failed
  kExhausted = 31,  // every nonce of this life is used

  // A coded tensor that cannot be undone here.
  kTables = 32,     // made with tables, or a setting of them, that are not here
  kReference = 33,  // a change of a frame that is not remembered here
};

}  // namespace cutpoint

// Returns from the calling function with the first status that is not kOk.
#define CUTPOINT_TRY(expression)                                              \
  do {                                                                        \
    const ::cutpoint::Status cutpoint_try_status = (expression);              \
    if (cutpoint_try_status != ::cutpoint::Status::kOk) {                     \
      return cutpoint_try_status;                                             \
    }                                                                         \
  } while (false)

#endif  // CUTPOINT_STATUS_H_
