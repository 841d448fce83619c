# What is compiled into authd from other languages: SQL statements, page templates, style sheets, message catalogues.

# Every sql/*.sql becomes SQL_<NAME> and every schema/<backend>/NNNN_*.sql a migration; cmake/embed_sql.sh writes the C.
function(ombud_embed_sql target dir)
  file(GLOB inputs CONFIGURE_DEPENDS ${dir}/sql/*.sql ${dir}/schema/*/*.sql)
  set(out ${CMAKE_BINARY_DIR}/generated/authd/store)
  if(inputs AND EXISTS ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh)
    add_custom_command(OUTPUT ${out}/sql.c ${out}/sql.h
      COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh ${dir} ${out}
      DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_sql.sh VERBATIM)
    target_sources(${target} PRIVATE ${out}/sql.c ${out}/sql.h)
    add_custom_target(embedded_sql DEPENDS ${out}/sql.h)
    add_dependencies(${target} embedded_sql)
  endif()
endfunction()

# templates/*.html, assets/*, po/*.po (as .mo) become tables in generated/authd/portal; cmake/embed_portal.sh writes the C.
function(ombud_embed_portal target dir)
  file(GLOB inputs CONFIGURE_DEPENDS ${dir}/templates/*.html ${dir}/assets/* ${dir}/po/*.po)
  set(out ${CMAKE_BINARY_DIR}/generated/authd/portal)
  if(EXISTS ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh)
    add_custom_command(OUTPUT ${out}/embedded.c
      COMMAND sh ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh ${dir} ${out}
      DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed_portal.sh VERBATIM)
    target_sources(${target} PRIVATE ${out}/embedded.c)
  endif()
endfunction()
