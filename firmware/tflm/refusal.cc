#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

namespace cutpoint {
namespace tflm {

bool refuse(LoadResult& result, LoadError error, const char* format, ...) {
  result.error = error;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(result.text, sizeof result.text, format, arguments);
  va_end(arguments);
  return false;
}

void name_operator(LoadResult& result, const char* name) {
  size_t length = 0;
  // A name from a file is shown on a console and inside JSON.
  while (name[length] != '\0' && length + 1 < sizeof result.operator_name) {
    const char letter = name[length];
    const bool plain = letter > ' ' && letter <= '~' && letter != '"' && letter != '\\';
    result.operator_name[length] = plain ? letter : '?';
    length++;
  }
  result.operator_name[length] = '\0';
}

}  // namespace tflm
}  // namespace cutpoint
