// The smallest test harness that names what failed: no framework to install, and it runs under every sanitizer.
//
//   TEST(a_frame_of_one_chunk_is_complete_at_once) { CHECK_EQ(status, Status::kOk); }
//
// A file of tests includes this once and needs no main(). The program runs all tests, or those whose name contains its
// first argument; it prints each failure as file:line and leaves with 1.
#ifndef CUTPOINT_TESTS_CHECK_H_
#define CUTPOINT_TESTS_CHECK_H_

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace check {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

inline void fail(const char* file, int line, const std::string& what) {
  std::printf("%s:%d: %s\n", file, line, what.c_str());
  ++failures();
}

template <typename T>
std::string show(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_convertible_v<T, std::string>) {
    return '"' + std::string(value) + '"';
  } else {
    return "?";
  }
}

template <typename A, typename B>
void equal(const char* file, int line, const char* text, const A& seen, const B& expected) {
  if (!(seen == expected)) {
    fail(file, line, std::string(text) + ": saw " + show(seen) + ", expected " + show(expected));
  }
}

}  // namespace check

#define TEST(name)                                                  \
  static void name();                                               \
  static const check::Registration name##_registration(#name, name); \
  static void name()

#define CHECK(condition)                              \
  do {                                                \
    if (!(condition)) {                               \
      check::fail(__FILE__, __LINE__, #condition);    \
    }                                                 \
  } while (false)

#define CHECK_EQ(seen, expected) check::equal(__FILE__, __LINE__, #seen " == " #expected, seen, expected)

// Ends the test: what follows would make no sense.
#define REQUIRE(condition)                            \
  do {                                                \
    if (!(condition)) {                               \
      check::fail(__FILE__, __LINE__, #condition);    \
      return;                                         \
    }                                                 \
  } while (false)

int main(int argc, char** argv) {
  int run = 0;
  for (const check::Test& test : check::tests()) {
    if (argc > 1 && std::strstr(test.name, argv[1]) == nullptr) {
      continue;
    }
    const int before = check::failures();
    test.run();
    ++run;
    if (check::failures() != before) {
      std::printf("failed: %s\n", test.name);
    }
  }
  std::printf("%d tests, %d failures\n", run, check::failures());
  return check::failures() == 0 && run != 0 ? 0 : 1;
}

#endif  // CUTPOINT_TESTS_CHECK_H_
