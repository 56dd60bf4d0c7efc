set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Warnings are errors in our code only, not in the libraries' headers (they are SYSTEM).
add_library(inferometer_options INTERFACE)
target_compile_options(inferometer_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wformat=2 -Wnull-dereference -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees null dereferences and dangling pointers inside std:: at -O2 that are not there.
  target_compile_options(inferometer_options INTERFACE -Wno-null-dereference -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(INFEROMETER_SANITIZE)
  # Unoptimised: with the sanitizers, -O1 takes more than twice as long to compile, and the tests run little faster.
  add_compile_options(-fsanitize=${INFEROMETER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O0 -g1)
  add_link_options(-fsanitize=${INFEROMETER_SANITIZE})
  # Seventy programs with the sanitizers' debug information: mold links one in a fifth of the time.
  find_program(INFEROMETER_MOLD mold)
  if(INFEROMETER_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()
if(INFEROMETER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
