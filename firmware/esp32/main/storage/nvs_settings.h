// The settings of the NVS partition `nvs`, namespace `cutpoint`, as device/settings/schema.h describes them.
#ifndef CUTPOINT_ESP32_STORAGE_NVS_SETTINGS_H_
#define CUTPOINT_ESP32_STORAGE_NVS_SETTINGS_H_

#include <stddef.h>

#include "device/sentence.h"
#include "device/settings/settings.h"

namespace cutpoint::esp32 {

// Opens the partitions `nvs` and `state`; call once, before anything else here and before the network, whose drivers
// keep things in `nvs` too. A partition that cannot be read (no free page, a newer format) is erased and made anew: the
// board then waits to be told its settings again, which beats one that never starts. False when flash itself fails.
bool begin_nvs();

// Every entry that is there and keeps its rule; the others stay at their defaults, with a line in the log for each that
// breaks one. False when the namespace cannot be opened for another reason than being absent.
bool load_settings(device::Settings& settings);

// Checks, then writes one setting and stores it in `settings`; an empty text takes a text, PEM or key away. False, with
// the sentence, when the value breaks its rule or flash fails.
bool save_setting(device::Settings& settings, device::Text key, device::Text text, device::Sentence& why);

// A text that is too long to be kept in Settings (tls_ca, tls_cert, tls_key), with its final zero. Returns the bytes
// with that zero, which is how mbedTLS counts a PEM; 0 when there is none or it does not fit in `room`.
size_t read_text(const char* key, char* to, size_t room);

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_STORAGE_NVS_SETTINGS_H_
