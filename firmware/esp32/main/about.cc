#include "about.h"

#include <stdio.h>
#include <string.h>

#include "device/settings/schema.h"
#include "esp_app_desc.h"
#include "esp_heap_caps.h"
#include "esp_idf_version.h"
#include "json_text.h"
#include "sdkconfig.h"
#include "session_memory.h"

namespace cutpoint::esp32 {

Bytes write_about(const AboutFields& fields, Span<char> to) {
  const esp_app_desc_t& app = *esp_app_get_description();
  const uint8_t(&id)[kModelIdBytes] = fields.model.bytes;
  char model[2 * kModelIdBytes + 1];
  snprintf(model, sizeof model, "%02x%02x%02x%02x", id[0], id[1], id[2], id[3]);
  char firmware[64];
  snprintf(firmware, sizeof firmware, "cutpoint-esp32 %s", app.version);
  constexpr const char* kPolicies[] = {"off", "model", "all"};
#if CONFIG_CUTPOINT_REFERENCE_KERNELS
  constexpr char kEngine[] = "tflm";
#else
  constexpr char kEngine[] = "tflm+esp-nn";
#endif

  JsonText<kMaxAboutBytes> json;
  json.text("model", model)
      .number("operators", fields.on_board)
      .number("boot", fields.boot)
      .text("firmware", firmware)
      .text("app", app.version)
      .text("idf", esp_get_idf_version())
      .text("chip", CONFIG_IDF_TARGET)
      .text("board", CONFIG_CUTPOINT_BOARD)
      .text("engine", kEngine)
      .raw("codecs", "[\"raw\",\"bitmap\"]")
      .number("free_ram", static_cast<uint32_t>(heap_caps_get_free_size(MALLOC_CAP_DEFAULT)))
      .number("max_payload", static_cast<uint32_t>(fields.max_payload))
      .text("reset", fields.reset)
      .truth("safe_mode", fields.safe_mode)
      .text("update", kPolicies[static_cast<size_t>(fields.update)])
      .number("slot_bytes", fields.slot_bytes);
  const Bytes text = json.bytes();
  if (text.size() >= to.size()) {
    return Bytes();
  }
  memcpy(to.data(), json.c_str(), text.size() + 1);
  return Bytes(reinterpret_cast<const uint8_t*>(to.data()), text.size());
}

}  // namespace cutpoint::esp32
