-- What was opened and how it was judged stays, about nobody: the quota and a suspension are the operator's.
UPDATE breakglass
SET sub = '', words = NULL, review_words = NULL
WHERE sub = $1
