# Warning and hardening flags for every object and program. Flags that this compiler lacks are probed and left out, so
# that gcc 12 and clang 14 both take the same file. The table they come from is the OpenSSF compiler-options guide.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

add_library(ombud_flags INTERFACE)
target_include_directories(ombud_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(ombud_flags INTERFACE _GNU_SOURCE OPENSSL_NO_DEPRECATED OMBUD_VERSION="${PROJECT_VERSION}")

function(ombud_probe)
  foreach(flag ${ARGN})
    string(MAKE_C_IDENTIFIER "C_TAKES${flag}" known)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(ombud_flags INTERFACE ${flag})
    endif()
  endforeach()
endfunction()

target_compile_options(ombud_flags INTERFACE
  -Wall -Wextra -Wformat -Wformat=2 -Wconversion -Wsign-conversion -Wimplicit-fallthrough -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Werror=format-security
  -Werror=implicit -Werror=incompatible-pointer-types -Werror=int-conversion -Werror=unused-result
  -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing -fexceptions
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
option(OMBUD_WERROR "Warnings are errors" ON)
if(OMBUD_WERROR)
  target_compile_options(ombud_flags INTERFACE -Werror)
endif()
ombud_probe(-Wtrampolines -Wbidi-chars=any -Wduplicated-cond -Wlogical-op -fstack-protector-strong
  -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3
  -fzero-call-used-regs=used-gpr)

if(OMBUD_SANITIZE)
  target_compile_options(ombud_flags INTERFACE -fsanitize=${OMBUD_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all -g)
  target_link_options(ombud_flags INTERFACE -fsanitize=${OMBUD_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(ombud_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()

set(OMBUD_LINK_PROGRAM -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed -Wl,-z,nodlopen)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
